/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A filesystem on a disk with moods: shows one file, whose reads go as another file says at that
 * time.
 *
 *     moody MOOD FILE DIRECTORY [now]    now: it says that everything happens just now
 *
 * MOOD is a file with one of these lines:
 *
 *     well             they are answered
 *     late MS          after so many milliseconds
 *     never START END  not as long as this stands there, if they touch this range
 *     error START END  EIO if they touch it
 */
#define FUSE_USE_VERSION 314
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int file;
static const char *mood;
static bool is_timeless;
static char name[256] = "/";

static int moody_getattr(const char *path, struct stat *stat, struct fuse_file_info *info)
{
    (void)info;
    if (strcmp(path, "/") == 0) {
        stat->st_mode = S_IFDIR | 0755;
        stat->st_nlink = 2;
        return 0;
    }
    if (strcmp(path, name) != 0 || fstat(file, stat) != 0)
        return -ENOENT;
    if (is_timeless)
        stat->st_atim = stat->st_mtim = stat->st_ctim = (struct timespec){.tv_sec = time(NULL)};
    return 0;
}

typedef struct Mood {
    char word[8];
    long first, second;
} Mood;

static Mood read_mood(void)
{
    Mood now = {"", 0, 0};
    FILE *stream = fopen(mood, "r");
    if (stream == NULL)
        return now;
    if (fscanf(stream, "%7s %ld %ld", now.word, &now.first, &now.second) < 1)
        *now.word = '\0';
    fclose(stream);
    return now;
}

static bool is_touched(const Mood *now, const char *word, off_t offset, size_t size)
{
    return strcmp(now->word, word) == 0 && offset < now->second &&
           offset + (off_t)size > now->first;
}

static int moody_read(const char *path, char *buffer, size_t size, off_t offset,
                      struct fuse_file_info *info)
{
    (void)path, (void)info;
    Mood now = read_mood();
    if (strcmp(now.word, "late") == 0)
        usleep((useconds_t)now.first * 1000);
    for (; is_touched(&now, "never", offset, size); now = read_mood())
        usleep(10000);
    if (is_touched(&now, "error", offset, size))
        return -EIO;
    ssize_t got = pread(file, buffer, size, offset);
    return got < 0 ? -errno : (int)got;
}

static const struct fuse_operations operations = {
    .getattr = moody_getattr,
    .read = moody_read,
};

int main(int argc, char **argv)
{
    char *arguments[] = {argv[0], (char *)"-o", (char *)"fsname=moody,max_threads=200", NULL, NULL};

    if (argc < 4 || (file = open(argv[2], O_RDONLY)) < 0) {
        fprintf(stderr, "usage: moody MOOD FILE DIRECTORY [now]\n");
        return EXIT_FAILURE;
    }
    mood = realpath(argv[1], NULL);
    snprintf(name, sizeof name, "/%s", basename(argv[2]));
    arguments[3] = argv[3];
    is_timeless = argc > 4;
    return fuse_main(4, arguments, &operations, NULL);
}
