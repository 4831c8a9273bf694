/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seek walk: from data to hole to data, as cp and tar -S go through a sparse file.
 *
 *     walk FILE [SECONDS]
 *
 * Prints how many data extents it met and in how many seconds; it stops at the end of the file, or
 * when the time is up.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
    int file = argc > 1 ? open(argv[1], O_RDONLY) : -1;
    if (file < 0) {
        perror(argc > 1 ? argv[1] : "usage: walk FILE [SECONDS]");
        return 2;
    }
    const double start = now(), limit = argc > 2 ? atof(argv[2]) : 3600;
    unsigned long extents = 0;
    off_t data, hole = 0;
    while ((data = lseek(file, hole, SEEK_DATA)) >= 0) {
        hole = lseek(file, data, SEEK_HOLE);
        extents++;
        if (hole < 0 || now() - start > limit)
            break;
    }
    printf("%lu %.6f\n", extents, now() - start);
    return 0;
}
