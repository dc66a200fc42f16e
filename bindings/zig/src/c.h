// What build.zig translates to the module "c".
#include <simdr.h>
