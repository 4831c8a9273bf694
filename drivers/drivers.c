/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/drivers.h"

/* protocol/ */
extern const UcDriver uc_driver_file, uc_driver_host_device, uc_driver_null_co, uc_driver_null_aio;
/* format/ */
extern const UcDriver uc_driver_raw, uc_driver_qcow2;
/* filter/ */
extern const UcDriver uc_driver_throttle, uc_driver_copy_on_read, uc_driver_compress,
    uc_driver_preallocate, uc_driver_copy_before_write, uc_driver_snapshot_access,
    uc_driver_blkdebug, uc_driver_blkverify, uc_driver_quorum, uc_driver_checksum;

const UcDriver *const uc_drivers[] = {
    &uc_driver_file,
    &uc_driver_host_device,
    &uc_driver_null_co,
    &uc_driver_null_aio,
    &uc_driver_raw,
    &uc_driver_qcow2,
    &uc_driver_throttle,
    &uc_driver_copy_on_read,
    &uc_driver_compress,
    &uc_driver_preallocate,
    &uc_driver_copy_before_write,
    &uc_driver_snapshot_access,
    &uc_driver_blkdebug,
    &uc_driver_blkverify,
    &uc_driver_quorum,
    &uc_driver_checksum,
    NULL,
};
