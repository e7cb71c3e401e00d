#include "ideamine/pg/api.hpp"

#include "ideamine/pg/random.hpp"

#include "ideamine/pg/datum.hpp"

namespace ideamine::pg {

namespace {

// Strong random bytes cost a system call each time, so they are drawn for many ids at once.
struct RandomPool {
    std::array<UuidSource::Random, 64> values;
    std::size_t left = 0;

    const UuidSource::Random& draw() {
        if (left == 0) {
            if (!pg_strong_random(values.data(), sizeof values)) {
                throw ideamine::Error(Code::unavailable, "could not generate random values");
            }
            left = values.size();
        }
        return values[--left];
    }
};

constinit RandomPool pool{};
constinit UuidSource source{};

}  // namespace

Uuid make_uuid() {
    return source.next(now(), pool.draw());
}

double random_unit() {
    return pg_prng_double(&pg_global_prng_state);
}

}  // namespace ideamine::pg
