// What sessions of this database are doing at this moment.
#pragma once

#include <string_view>

namespace ideamine::pg {

struct Session {
    std::string_view application_name;
    bool copies;  // COPY is under way
};

// Whether there is such a session. As pg_stat_activity shows them, which costs a row for each; here
// hundreds of sessions are looked through in microseconds. The answer is the same until the end of
// the transaction. `is_meant` neither throws nor calls the server.
bool any_session(bool (*is_meant)(const Session&));

}  // namespace ideamine::pg
