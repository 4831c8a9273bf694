/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/drivers.h"

extern const UcDriver uc_driver_file, uc_driver_null_co;        /* protocol/ */
extern const UcDriver uc_driver_raw, uc_driver_qcow2;           /* format/ */
extern const UcDriver uc_driver_throttle, uc_driver_copy_on_read; /* filter/ */

const UcDriver *const uc_drivers[] = {
    &uc_driver_file, &uc_driver_null_co,      &uc_driver_raw, &uc_driver_qcow2,
    &uc_driver_throttle, &uc_driver_copy_on_read, NULL,
};
