#include "ideamine/pg/day_partitions.hpp"

#include "ideamine/pg/key_lock.hpp"
#include "ideamine/pg/relation.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "nodes/makefuncs.h"
}

namespace ideamine::pg {

namespace {

constinit Statement list_days{
    "SELECT right(c.relname, 8)::date::timestamp AT TIME ZONE 'UTC'"
    " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = format('ideamine.%I', $1)::regclass ORDER BY 1"};

constinit Statement make_partition{
    "SELECT ideamine_internal.make_day_partition($1, $2::text::date)"};

constinit Statement close_partition{
    "SELECT ideamine_internal.close_day_partition($1, $2::text::date)"};

constinit Statement drop_partition{
    "SELECT ideamine_internal.drop_day_partition($1, $2::text::date)"};

}  // namespace

std::string date_of(Day day) {
    const std::chrono::year_month_day date{day};
    const auto number = static_cast<int>(date.year()) * 10'000 +
                        static_cast<int>(static_cast<unsigned>(date.month())) * 100 +
                        static_cast<int>(static_cast<unsigned>(date.day()));
    return std::to_string(number);
}

std::vector<Day> DayPartitions::days() const {
    std::vector<Day> days;
    for (const Row row : list_days.execute(table_)) {
        days.push_back(day_of(row.get<Time>(0)));
    }
    return days;
}

bool DayPartitions::exists(const std::string& date) const {
    return relation_exists("ideamine", (table_ + ("_" + date)).c_str());
}

// Who makes a partition keeps others from doing so until its transaction ends.
bool DayPartitions::ensure(Day day) const {
    const auto date = date_of(day);
    if (exists(date)) {
        return false;
    }
    lock_key(KeyKind::day_partition, table_, date);
    if (exists(date)) {
        return false;
    }
    make_partition.execute(table_, date);
    return true;
}

bool DayPartitions::close(Day day) const {
    return close_partition.execute(table_, date_of(day))[0].get<bool>(0);
}

bool DayPartitions::drop(Day day) const {
    return drop_partition.execute(table_, date_of(day))[0].get<bool>(0);
}

void DayPartitions::keep() const {
    call([this] {
        char* table = const_cast<char*>(table_);
        char schema[] = "ideamine";
        RangeVarGetRelid(makeRangeVar(schema, table, -1), AccessShareLock, false);
    });
}

}  // namespace ideamine::pg
