// Settings (ideamine.*) as each capability declares them: a variable, and what psql shows about it.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

enum class Unit { none, milliseconds, seconds, minutes, kilobytes };

// Who may change it, and when.
enum class Changed {
    by_anyone,         // SET
    by_administrator,  // SET by a superuser, or by who was granted it
    by_reload,         // postgresql.conf and a reload
    by_restart,        // the same and a restart; only while the library is preloaded
};

struct IntSetting {
    const char* name;
    const char* description;
    int* variable;
    int initial;
    int least;
    int most;
    Unit unit = Unit::none;
    Changed changed = Changed::by_administrator;
};

struct RealSetting {
    const char* name;
    const char* description;
    double* variable;
    double initial;
    double least;
    double most;
    Changed changed = Changed::by_administrator;
};

struct BoolSetting {
    const char* name;
    const char* description;
    bool* variable;
    bool initial;
    Changed changed = Changed::by_administrator;
};

struct TextSetting {
    const char* name;
    const char* description;
    char** variable;
    const char* initial;
    Changed changed = Changed::by_administrator;
};

void define(const IntSetting& setting);
void define(const RealSetting& setting);
void define(const BoolSetting& setting);
void define(const TextSetting& setting);
// After the last definition: any other setting with this prefix is an error.
void reserve_prefix(const char* prefix);

}  // namespace ideamine::pg
