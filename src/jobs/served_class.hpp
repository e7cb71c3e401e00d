// The class with which a job is handed out, and by which it gives way: its own, or that of a job
// that waits for it if that is higher.
#pragma once

#define IDEAMINE_SERVED_AS(alias)                                               \
    "$[1.2 least(" alias ".priority_class, " alias ".inherited_class)$| " alias \
    ".priority_class$"                                                          \
    "]"
