/* simdr.h compiles alone, twice, and every INIT macro fits its struct. Compiled as C99, C11 and C++17; never run. */
#include "simdr.h"

extern const simdr_open_options open_options;
extern const simdr_entry_info entry_info;
extern const simdr_stats stats;
extern const simdr_compact_options compact_options;
extern const simdr_verify_options verify_options;
extern const simdr_verify_result verify_result;
extern const simdr_import_options import_options;
extern const simdr_import_result import_result;
extern const simdr_repair_result repair_result;
const simdr_open_options open_options = SIMDR_OPEN_OPTIONS_INIT;
const simdr_entry_info entry_info = SIMDR_ENTRY_INFO_INIT;
const simdr_stats stats = SIMDR_STATS_INIT;
const simdr_compact_options compact_options = SIMDR_COMPACT_OPTIONS_INIT;
const simdr_verify_options verify_options = SIMDR_VERIFY_OPTIONS_INIT;
const simdr_verify_result verify_result = SIMDR_VERIFY_RESULT_INIT;
const simdr_import_options import_options = SIMDR_IMPORT_OPTIONS_INIT;
const simdr_import_result import_result = SIMDR_IMPORT_RESULT_INIT;
const simdr_repair_result repair_result = SIMDR_REPAIR_RESULT_INIT;

#include "simdr.h" /* the second time */
