// Reading the options of jobs, by tables of their keys.
#pragma once

#include "ideamine/pg/json_fields.hpp"
#include "jobs/priority_class.hpp"

namespace ideamine::jobs {

using pg::expect_kind;
using pg::expect_object;
using pg::Field;
using pg::list_keys;
using pg::read_duration;
using pg::read_field;
using pg::read_integer;
using pg::read_number;
using pg::read_object;
using pg::read_text;
using pg::read_texts;
using pg::read_uuid;
using pg::read_uuids;
using pg::refuse_key;

PriorityClass read_priority_class(const pg::JsonMember& member);

}  // namespace ideamine::jobs
