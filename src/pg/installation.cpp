#include "ideamine/pg/installation.hpp"

namespace ideamine::pg {

namespace {

constinit Installation last{};

}  // namespace

Installation current_installation() {
    last = {.database = MyDatabaseId,
            .schema = call([] { return get_namespace_oid("ideamine", false); })};
    return last;
}

Installation last_installation() {
    return last;
}

}  // namespace ideamine::pg
