#include "jobs/json_fields_sql.hpp"

namespace ideamine::jobs {

PriorityClass read_priority_class(const pg::JsonMember& member) {
    // older applications send 1 to 5 as a number
    return parse_priority_class(member.value.kind() == pg::JsonValue::Kind::number
                                    ? std::to_string(read_integer(member))
                                    : read_text(member));
}

}  // namespace ideamine::jobs
