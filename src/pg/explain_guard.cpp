#include "ideamine/pg/explain_guard.hpp"

extern "C" {
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
#include "utils/syscache.h"
}

namespace ideamine::pg {

namespace {

using Check = void (*)();
constinit Check check = nullptr;
constinit ProcessUtility_hook_type next_utility = nullptr;
constinit ExecutorStart_hook_type next_start = nullptr;
constinit bool explaining = false;

bool is_guarded(const RangeTblEntry& entry, const std::array<Oid, 2>& schemas) {
    if (entry.rtekind != RTE_RELATION) {
        return false;
    }
    HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(entry.relid));
    if (!HeapTupleIsValid(row)) {
        return false;
    }
    const auto* relation = reinterpret_cast<Form_pg_class>(GETSTRUCT(row));
    const bool guarded =
        relation->relrowsecurity && std::ranges::count(schemas, relation->relnamespace) > 0;
    ReleaseSysCache(row);
    return guarded;
}

// The plan lists what its views and subqueries read, too.
bool reads_guarded(const PlannedStmt& planned) {
    const std::array schemas{get_namespace_oid("ideamine", true),
                             get_namespace_oid("ideamine_internal", true)};
    for (int i = 0; OidIsValid(schemas[0]) && i < list_length(planned.rtable); ++i) {
        if (is_guarded(*static_cast<RangeTblEntry*>(list_nth(planned.rtable, i)), schemas)) {
            return true;
        }
    }
    return false;
}

// What EXPLAIN ANALYZE executes is instrumented, and nothing that it calls. Others instrument
// statements, too, but show the caller nothing of it.
void start_execution(QueryDesc* query, int flags) {
    const bool is_explained =
        explaining && ((flags & EXEC_FLAG_EXPLAIN_ONLY) != 0 || query->instrument_options != 0);
    if (is_explained && reads_guarded(*query->plannedstmt)) {
        boundary([] { check(); });
    }
    (next_start != nullptr ? next_start : standard_ExecutorStart)(query, flags);
}

// Chosen here, so that no variable of the caller lives across its setjmp().
template <class... Arguments>
void pass_on(Arguments... arguments) {
    (next_utility != nullptr ? next_utility : standard_ProcessUtility)(arguments...);
}

void process_utility(PlannedStmt* planned, const char* query, bool read_only_tree,
                     ProcessUtilityContext context, ParamListInfo parameters,
                     QueryEnvironment* environment, DestReceiver* destination,
                     QueryCompletion* completion) {
    const bool within = explaining;
    if (nodeTag(planned->utilityStmt) != T_ExplainStmt) {
        pass_on(planned, query, read_only_tree, context, parameters, environment, destination,
                completion);
        return;
    }
    explaining = true;
    PG_TRY();
    {
        pass_on(planned, query, read_only_tree, context, parameters, environment, destination,
                completion);
    }
    PG_FINALLY();
    { explaining = within; }
    PG_END_TRY();
}

}  // namespace

void guard_explain(void (*wanted)()) {
    check = wanted;
    next_utility = std::exchange(ProcessUtility_hook, process_utility);
    next_start = std::exchange(ExecutorStart_hook, start_execution);
}

}  // namespace ideamine::pg
