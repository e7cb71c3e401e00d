#include "ideamine/pg/spi.hpp"

#include "ideamine/pg/extension.hpp"

extern "C" {
#include "jit/jit.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
}

namespace ideamine::pg {

Spi::Spi(Mode mode) {
    call([mode] { SPI_connect_ext(mode == Mode::non_atomic ? SPI_OPT_NONATOMIC : 0); });
}

void Spi::commit() const {
    call([] { SPI_commit(); });
}

void check_may_commit(FunctionCallInfo fcinfo, const char* procedure) {
    const auto* context = reinterpret_cast<const CallContext*>(fcinfo->context);
    if (context != nullptr && IsA(context, CallContext) && !context->atomic) {
        return;
    }
    call([procedure] {
        ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
                        errmsg("%s cannot run inside a transaction block", procedure),
                        errhint("It ends the transaction in order to wait without a snapshot: CALL "
                                "it by itself, outside BEGIN and functions.")));
    });
}

Spi::~Spi() {
    // On the way out of an error the rollback closes the connection, which is the only safe way
    // then.
    if (std::uncaught_exceptions() == exceptions_) {
        SPI_finish();
    }
}

namespace {

// The planner's switches: plain variables of the server, which is what makes turning them cheap
// enough for a hot path. Nobody else can look while they are turned.
template <std::size_t count>
using Switches = std::array<bool*, count>;

// A disabled plan node is costed so high that just-in-time compilation would look worth while.
constexpr Switches<8> all_but_index_scans{&enable_seqscan,   &enable_bitmapscan, &enable_hashjoin,
                                          &enable_mergejoin, &enable_material,   &enable_memoize,
                                          &enable_sort,      &jit_enabled};
constexpr Switches<2> index_scans{&enable_indexscan, &enable_indexonlyscan};

template <std::size_t count>
std::array<bool, count> turn(const Switches<count>& switches, bool to) {
    std::array<bool, count> saved;
    std::ranges::transform(switches, saved.begin(),
                           [to](bool* on) { return std::exchange(*on, to); });
    return saved;
}

template <std::size_t count>
void restore(const Switches<count>& switches, const std::array<bool, count>& saved) {
    for (std::size_t i = 0; i < count; ++i) {
        *switches[i] = saved[i];
    }
}

}  // namespace

IndexPlansOnly::IndexPlansOnly() : saved_(turn(all_but_index_scans, false)) {}

IndexPlansOnly::~IndexPlansOnly() {
    restore(all_but_index_scans, saved_);
}

void Statement::follow_version() {
    const auto installed = installed_version();
    if (installed != planned_for_ && plan_ != nullptr) {
        call([this] { SPI_freeplan(std::exchange(plan_, nullptr)); });
    }
    planned_for_ = installed;
}

namespace {

// Copied to where an error may leave it behind.
const char* versioned_text(Version version, const char* sql) {
    const auto text = text_for(version, sql);
    return pnstrdup(text.data(), text.size());
}

}  // namespace

void Statement::prepare(const Oid* types, int count) {
    const char* sql = versioned_ ? versioned_text(planned_for_, sql_) : sql_;
    SPIPlanPtr plan =
        SPI_prepare_cursor(sql, count, const_cast<Oid*>(types), CURSOR_OPT_GENERIC_PLAN);
    if (plan == nullptr) {
        elog(ERROR, "could not prepare \"%s\": %s", sql, SPI_result_code_string(SPI_result));
    }
    SPI_keepplan(plan);
    plan_ = plan;
}

namespace {

// As SPI writes them.
struct NullFlags {
    NullFlags(const bool* nulls, int count) {
        std::transform(nulls, nulls + count, flags, [](bool null) { return null ? 'n' : ' '; });
    }
    char flags[FUNC_MAX_ARGS];
};

}  // namespace

Rows Statement::run(const Oid* types, int count, Datum* values, const bool* nulls) {
    if (plan_ == nullptr) {
        prepare(types, count);
    }
    const NullFlags null_flags{nulls, count};
    const bool latest = kind_ == Kind::reads_latest || kind_ == Kind::writes_latest;
    const bool writes = kind_ == Kind::writes || kind_ == Kind::writes_latest ||
                        kind_ == Kind::writes_by_tid || kind_ == Kind::writes_walking;
    const int code =
        latest ? SPI_execute_snapshot(plan_, values, null_flags.flags, GetLatestSnapshot(),
                                      InvalidSnapshot, !writes, writes, 0)
               : SPI_execute_plan(plan_, values, null_flags.flags, !writes, 0);
    if (code < 0) {
        elog(ERROR, "could not execute \"%s\": %s", sql_, SPI_result_code_string(code));
    }
    return {SPI_tuptable, SPI_processed};
}

Statement::Planning::Planning(Kind kind)
    : by_tid_(kind == Kind::writes_by_tid),
      walks_(kind == Kind::walks || kind == Kind::writes_walking) {
    if (by_tid_) {
        index_scans_ = turn(index_scans, false);
    }
    if (walks_) {
        others_ = turn(all_but_index_scans, true);
        jit_enabled = false;
    }
}

Statement::Planning::~Planning() {
    if (by_tid_) {
        restore(index_scans, index_scans_);
    }
    if (walks_) {
        restore(all_but_index_scans, others_);
    }
}

}  // namespace ideamine::pg
