#include "ideamine/pg/process_utility.hpp"

#include "ideamine/pg/database.hpp"

extern "C" {
#include "commands/defrem.h"
#include "nodes/parsenodes.h"
#include "tcop/utility.h"
}

namespace ideamine::pg {

namespace {

constexpr int max_observers = 4;
constinit std::array<UtilityObserver, max_observers> observers{};
constinit int observer_count = 0;
constinit ProcessUtility_hook_type next_hook = nullptr;

DefElem* find_option(const List* options, std::string_view name) {
    for (int i = 0; i < list_length(options); ++i) {
        auto* option = static_cast<DefElem*>(list_nth(options, i));
        if (option->defname == name) {
            return option;
        }
    }
    return nullptr;
}

// What CREATE DATABASE copies.
const char* template_of(const CreatedbStmt& statement) {
    DefElem* const option = find_option(statement.options, "template");
    if (option == nullptr || option->arg == nullptr) {
        return "template1";
    }
    return call([=] { return static_cast<const char*>(defGetString(option)); });
}

// The database that it drops, renames or moves.
const char* altered_database(const Node* node) {
    switch (nodeTag(node)) {
        case T_DropdbStmt:
            return reinterpret_cast<const DropdbStmt*>(node)->dbname;
        case T_RenameStmt: {
            const auto* rename = reinterpret_cast<const RenameStmt*>(node);
            return rename->renameType == OBJECT_DATABASE ? rename->subname : nullptr;
        }
        case T_AlterDatabaseStmt: {
            const auto* alter = reinterpret_cast<const AlterDatabaseStmt*>(node);
            return find_option(alter->options, "tablespace") != nullptr ? alter->dbname : nullptr;
        }
        default:
            return nullptr;
    }
}

// No C++ frame with a destructor lies between the server's frames here: the statement's errors pass
// by untouched.
void process_utility(PlannedStmt* planned, const char* query, bool read_only_tree,
                     ProcessUtilityContext context, ParamListInfo parameters,
                     QueryEnvironment* environment, DestReceiver* destination,
                     QueryCompletion* completion) {
    const UtilityStatement statement{planned->utilityStmt};
    unsigned wanted_after = 0;
    boundary([&] {
        for (int i = 0; i < observer_count; ++i) {
            wanted_after |= observers[i].before(statement) ? 1U << i : 0U;
        }
    });
    const auto next = next_hook != nullptr ? next_hook : standard_ProcessUtility;
    next(planned, query, read_only_tree, context, parameters, environment, destination, completion);
    if (wanted_after != 0) {
        boundary([wanted_after] {
            for (int i = 0; i < observer_count; ++i) {
                if ((wanted_after >> i & 1U) != 0) {
                    observers[i].after();
                }
            }
        });
    }
}

}  // namespace

std::string_view UtilityStatement::claims_database() const {
    if (nodeTag(node_) == T_CreatedbStmt) {
        const char* const name = template_of(*reinterpret_cast<const CreatedbStmt*>(node_));
        return may_copy_database(name) ? name : "";
    }
    const char* const name = altered_database(node_);
    return name != nullptr && owns_database(name) ? name : "";
}

std::string_view UtilityStatement::creates_extension() const {
    return nodeTag(node_) == T_CreateExtensionStmt
               ? reinterpret_cast<const CreateExtensionStmt*>(node_)->extname
               : "";
}

std::string_view UtilityStatement::copies_into_schema() const {
    if (nodeTag(node_) != T_CopyStmt) {
        return {};
    }
    const auto* copy = reinterpret_cast<const CopyStmt*>(node_);
    const bool written_out = copy->is_from && copy->relation->schemaname != nullptr;
    return written_out ? copy->relation->schemaname : "";
}

bool UtilityStatement::commits_prepared() const {
    return nodeTag(node_) == T_TransactionStmt &&
           reinterpret_cast<const TransactionStmt*>(node_)->kind == TRANS_STMT_COMMIT_PREPARED;
}

void observe_utility(const UtilityObserver& wanted) {
    if (observer_count == 0) {
        next_hook = std::exchange(ProcessUtility_hook, process_utility);
    }
    observers.at(static_cast<std::size_t>(observer_count++)) = wanted;
}

}  // namespace ideamine::pg
