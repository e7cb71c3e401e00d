// The databases of the cluster, by name.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

struct Database {
    std::string name;
    bool connectable;  // allows connections, and is not what an interrupted DROP DATABASE left
                       // behind
};

// All of them, also for a process that is connected to none. In a transaction.
std::vector<Database> list_databases();

// The one that this process is connected to. In a transaction.
std::string current_database();

// What the current user may do with a database, false if there is none of that name. In a
// transaction.
bool owns_database(const char* name);
bool may_copy_database(const char* name);

// Tells the history of this server from all others: it is another one after a promotion, after
// recovery to a point in time, and in a new cluster. Not during recovery.
std::string server_history();

// The names in a list such as `one, "Two", three`, as SQL would read them; none if it is malformed.
std::optional<std::vector<std::string>> split_names(const char* list);

}  // namespace ideamine::pg
