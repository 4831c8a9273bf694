/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/driver.h"

#include <string.h>

static bool has_role(const UcDriver *driver, UcRole role)
{
    for (const UcPort *port = driver->ports; port && port->name; port++)
        if (port->role == role)
            return true;
    return false;
}

bool uc_driver_is_leaf(const UcDriver *driver)
{
    return !driver->ports || !driver->ports[0].name;
}

bool uc_driver_is_format(const UcDriver *driver)
{
    return has_role(driver, UC_ROLE_METADATA);
}

bool uc_driver_is_filter(const UcDriver *driver)
{
    for (const UcPort *port = driver->ports; port && port->name; port++)
        if (port->role == UC_ROLE_FILTERED)
            return port->arity != UC_ARITY_MANY;
    return false;
}

bool uc_driver_is_window(const UcDriver *driver)
{
    return has_role(driver, UC_ROLE_DATA) && !uc_driver_is_format(driver);
}

const UcPort *uc_driver_port(const UcDriver *driver, const char *name)
{
    for (const UcPort *port = driver->ports; port && port->name; port++)
        if (strcmp(port->name, name) == 0)
            return port;
    return NULL;
}
