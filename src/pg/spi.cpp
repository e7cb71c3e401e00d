#include "ideamine/pg/spi.hpp"

extern "C" {
#include "jit/jit.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
}

namespace ideamine::pg {

Spi::Spi() {
    call([] { SPI_connect(); });
}

Spi::~Spi() {
    // On the way out of an error the rollback closes the connection, which is the only safe way then.
    if (std::uncaught_exceptions() == exceptions_) {
        SPI_finish();
    }
}

namespace {

// A disabled plan node is costed so high that just-in-time compilation would look worth while.
constexpr std::array<bool*, 8> planner_switches{
    &enable_seqscan,  &enable_bitmapscan, &enable_hashjoin, &enable_mergejoin,
    &enable_material, &enable_memoize,    &enable_sort,     &jit_enabled};

}  // namespace

IndexPlansOnly::IndexPlansOnly() {
    static_assert(planner_switches.size() == count);
    for (int i = 0; i < count; ++i) {
        saved_[i] = std::exchange(*planner_switches[i], false);
    }
}

IndexPlansOnly::~IndexPlansOnly() {
    for (int i = 0; i < count; ++i) {
        *planner_switches[i] = saved_[i];
    }
}

Rows Statement::run(const Oid* types, int count, Datum* values, const bool* nulls) {
    if (plan_ == nullptr) {
        SPIPlanPtr plan =
            SPI_prepare_cursor(sql_, count, const_cast<Oid*>(types), CURSOR_OPT_GENERIC_PLAN);
        if (plan == nullptr) {
            elog(ERROR, "could not prepare \"%s\": %s", sql_, SPI_result_code_string(SPI_result));
        }
        SPI_keepplan(plan);
        plan_ = plan;
    }
    char null_flags[FUNC_MAX_ARGS];
    std::transform(nulls, nulls + count, null_flags, [](bool null) { return null ? 'n' : ' '; });
    const int code = SPI_execute_plan(plan_, values, null_flags, effect_ == Effect::reads, 0);
    if (code < 0) {
        elog(ERROR, "could not execute \"%s\": %s", sql_, SPI_result_code_string(code));
    }
    return {SPI_tuptable, SPI_processed};
}

}  // namespace ideamine::pg
