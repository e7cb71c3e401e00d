#include "ideamine/pg/day_sums.hpp"

#include "ideamine/pg/key_lock.hpp"

namespace ideamine::pg {

namespace {

constexpr std::chrono::days one_day{1};

// What is appended gets its time just before; so much later nobody can still be about to.
constexpr Duration grace = std::chrono::hours{1};

}  // namespace

Time DaySums::horizon() const {
    const auto rows = horizon_.execute();
    return rows.empty() ? Time::min() : rows[0].get<Time>(0);
}

std::int64_t DaySums::sum_up(Time at) const {
    // one after the other, whoever does it
    lock_key(KeyKind::day_partition, days_.table(), "roll up");
    const auto from = horizon();
    std::int64_t count = 0;
    for (const auto day : days_.days()) {
        if (Time{day} < from) {
            continue;
        }
        check_interrupts();
        const Time end = day + one_day;
        if (end + grace > std::min(at, now()) || !days_.close(day)) {
            break;
        }
        sum_up_(day);
        move_horizon_.execute(end);
        ++count;
    }
    return count;
}

std::int64_t DaySums::drop_before(Time before) const {
    std::int64_t count = 0;
    const auto over = std::min(before, horizon());
    for (const auto day : days_.days()) {
        count += day + one_day <= over && days_.drop(day) ? 1 : 0;
    }
    return count;
}

}  // namespace ideamine::pg
