#include "ideamine/pg/log.hpp"

namespace ideamine::pg {

namespace {

void write(int level, const std::string& message, const std::string& hint) {
    call([&] {
        ereport(level, (errmsg_internal("%s", message.c_str()),
                        hint.empty() ? 0 : errhint("%s", hint.c_str())));
    });
}

}  // namespace

void log(const std::string& message, const std::string& hint) {
    write(LOG, message, hint);
}

void log_debug(const std::string& message) {
    write(DEBUG1, message, {});
}

void warn(const std::string& message, const std::string& hint) {
    write(WARNING, message, hint);
}

}  // namespace ideamine::pg
