#include "ideamine/pg/table.hpp"

#include "ideamine/pg/function.hpp"

extern "C" {
#include "access/heapam.h"
#include "access/heaptoast.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_trigger.h"
#include "executor/executor.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
}

namespace ideamine::pg {

Table::Table(const char* name, Sees sees) {
    call([&] {
        const auto schema = get_namespace_oid("ideamine", false);
        relation_ = table_open(get_relname_relid(name, schema), RowExclusiveLock);
        PushActiveSnapshot(sees == Sees::the_latest ? GetLatestSnapshot()
                                                    : GetTransactionSnapshot());
        scan_ = table_beginscan_tid(relation_, GetActiveSnapshot());
        found_ = table_slot_create(relation_, nullptr);
        written_ = MakeSingleTupleTableSlot(RelationGetDescr(relation_), &TTSOpsHeapTuple);
    });
}

// On the way out of an error the rollback closes everything.
Table::~Table() {
    if (std::uncaught_exceptions() != exceptions_) {
        return;
    }
    if (indexes_ != nullptr) {
        ExecCloseIndices(indexes_);
        FreeExecutorState(state_);
    }
    drop_rows();
    if (row_type_ != nullptr) {
        FreeTupleDesc(row_type_);
    }
    ExecDropSingleTupleTableSlot(written_);
    ExecDropSingleTupleTableSlot(found_);
    if (walk_ != nullptr) {
        table_endscan(walk_);
    }
    table_endscan(scan_);
    PopActiveSnapshot();
    table_close(relation_, NoLock);
    CommandCounterIncrement();
}

namespace {

int count_columns(TupleDesc descriptor) {
    int count = 0;
    for (int i = 0; i < descriptor->natts; ++i) {
        count += TupleDescAttr(descriptor, i)->attisdropped ? 0 : 1;
    }
    return count;
}

}  // namespace

bool Table::is_plain(Write write, const Shape& shape) const {
    auto* const descriptor = RelationGetDescr(relation_);
    const auto* constraints = descriptor->constr;
    if (relation_->rd_rel->relam != HEAP_TABLE_AM_OID || relation_->rd_rules != nullptr ||
        count_columns(descriptor) != shape.columns ||
        (constraints == nullptr ? 0 : constraints->num_check) != shape.checks) {
        return false;
    }
    const auto* triggers = relation_->trigdesc;
    const auto type = write == Write::insert ? TRIGGER_TYPE_INSERT : TRIGGER_TYPE_UPDATE;
    const auto is_concerned = [type](const Trigger& trigger) {
        return !trigger.tgisinternal && (trigger.tgtype & type) != 0;
    };
    return triggers == nullptr ||
           std::none_of(triggers->triggers, triggers->triggers + triggers->numtriggers,
                        is_concerned);
}

void Table::find_columns(const char* const* names, int* numbers, std::size_t count,
                         std::size_t required) const {
    call([=, this] {
        for (std::size_t i = 0; i < count; ++i) {
            numbers[i] = get_attnum(relation_->rd_id, names[i]);
            if (numbers[i] == InvalidAttrNumber && i < required) {
                elog(ERROR, "table \"%s\" has no column \"%s\"", RelationGetRelationName(relation_),
                     names[i]);
            }
        }
    });
}

void Table::find_labels(const char* type, const std::string_view* names, Datum* values,
                        std::size_t count) {
    call([=] {
        std::transform(names, names + count, values, [type](std::string_view name) {
            return Type<Enum>::put({type, name});
        });
    });
}

namespace {

// Whether another version of any row would find room. Without a lock: it is a hint.
bool has_room(Page page) {
    return !PageIsFull(page) && PageGetHeapFreeSpace(page) >= TOAST_TUPLE_THRESHOLD;
}

}  // namespace

// As scans do: a page that is full makes room for new versions. They would do it as soon as it is
// fuller than inserts make it, which for a table with a low fillfactor is always.
void Table::prune_page() {
    const auto block = ItemPointerGetBlockNumber(&tid_);
    if (block == std::exchange(pruned_, block)) {
        return;
    }
    ExecClearTuple(found_);
    const auto buffer = ReadBuffer(relation_, block);
    if (!has_room(BufferGetPage(buffer))) {
        heap_page_prune_opt(relation_, buffer);
    }
    ReleaseBuffer(buffer);
}

bool Table::find(const Tid& tid) {
    return call([&] {
        tid_ = tid;
        if (!table_tuple_tid_valid(scan_, &tid_)) {
            return false;
        }
        prune_page();
        return table_tuple_fetch_row_version(relation_, &tid_, GetActiveSnapshot(), found_);
    });
}

bool Table::fetch_next() {
    if (walk_ == nullptr) {
        walk_ = table_beginscan_strat(relation_, GetActiveSnapshot(), 0, nullptr, true, false);
    }
    CHECK_FOR_INTERRUPTS();
    if (!table_scan_getnextslot(walk_, ForwardScanDirection, found_)) {
        return false;
    }
    tid_ = found_->tts_tid;
    return true;
}

std::string Table::label(int column) const {
    return call([this, column] {
        bool null = false;
        return DatumGetCString(DirectFunctionCall1(enum_out, datum(column, &null)));
    });
}

bool Table::lock(LockTupleMode mode, LockWaitPolicy policy) {
    return call([=, this] {
        PreventCommandIfReadOnly("UPDATE");
        TM_FailureData failure;
        return table_tuple_lock(relation_, &tid_, GetActiveSnapshot(), found_,
                                GetCurrentCommandId(true), mode, policy, 0, &failure) == TM_Ok;
    });
}

namespace {

#if PG_VERSION_NUM >= 160000
using NewEntries = TU_UpdateIndexes;
bool are_needed(NewEntries entries) {
    return entries != TU_None;
}
#else
using NewEntries = bool;
bool are_needed(NewEntries entries) {
    return entries;
}
#endif

}  // namespace

void Table::insert_index_entries(TupleTableSlot* row, Write write, bool* conflict) {
    if (indexes_ == nullptr) {
        state_ = CreateExecutorState();
        indexes_ = makeNode(ResultRelInfo);
        InitResultRelInfo(indexes_, relation_, 0, nullptr, 0);
        ExecOpenIndices(indexes_, false);
    }
#if PG_VERSION_NUM >= 160000
    ExecInsertIndexTuples(indexes_, row, state_, write == Write::update, conflict != nullptr,
                          conflict, NIL, false);
#else
    ExecInsertIndexTuples(indexes_, row, state_, write == Write::update, conflict != nullptr,
                          conflict, NIL);
#endif
    ResetPerTupleExprContext(state_);
}

bool Table::try_update(Lock lock, const int* columns, Datum* values, bool* nulls,
                       std::size_t count) {
    return call([&] {
        PreventCommandIfReadOnly("UPDATE");
        auto* old = ExecFetchSlotHeapTuple(found_, false, nullptr);
        auto* tuple =
            heap_modify_tuple_by_cols(old, RelationGetDescr(relation_), static_cast<int>(count),
                                      const_cast<int*>(columns), values, nulls);
        ExecForceStoreHeapTuple(tuple, written_, true);
        TM_FailureData failure;
        LockTupleMode mode;
        NewEntries entries;
        const auto result = table_tuple_update(
            relation_, &tid_, written_, GetCurrentCommandId(true), GetActiveSnapshot(),
            InvalidSnapshot, lock == Lock::own, &failure, &mode, &entries);
        if (result != TM_Ok) {
            return false;
        }
        tid_ = written_->tts_tid;
        if (are_needed(entries)) {  // it found no room on the page of the one before
            insert_index_entries(written_, Write::update);
        }
        return true;
    });
}

Table::NewRow Table::empty_row() const {
    const auto columns = static_cast<std::size_t>(RelationGetDescr(relation_)->natts);
    NewRow row;
    row.values_ = static_cast<Datum*>(palloc0(columns * sizeof(Datum)));
    row.nulls_ = static_cast<bool*>(palloc(columns));
    std::fill_n(row.nulls_, columns, true);
    return row;
}

// A slot counts its use of the table's own description with the transaction's resources, which a
// thousand of them feel.
TupleTableSlot* Table::formed(const NewRow& row) {
    if (row_type_ == nullptr) {
        row_type_ = CreateTupleDescCopy(RelationGetDescr(relation_));
    }
    auto* slot = MakeSingleTupleTableSlot(row_type_, &TTSOpsHeapTuple);
    ExecStoreHeapTuple(heap_form_tuple(row_type_, row.values_, row.nulls_), slot, true);
    return slot;
}

void Table::drop_rows() {
    std::ranges::for_each(rows_, ExecDropSingleTupleTableSlot);
    rows_.clear();
}

std::vector<Tid> Table::write_rows() {
    constexpr std::size_t most_together = 1000;
    std::vector<Tid> tids;
    tids.reserve(rows_.size());
    for (std::size_t first = 0; first < rows_.size(); first += most_together) {
        const auto count = std::min(most_together, rows_.size() - first);
        auto** const rows = rows_.data() + first;
        check_interrupts();
        call([=, this] {
            PreventCommandIfReadOnly("INSERT");
            table_multi_insert(relation_, rows, static_cast<int>(count), GetCurrentCommandId(true),
                               0, nullptr);
            std::for_each(rows, rows + count, [this](TupleTableSlot* row) {
                insert_index_entries(row, Write::insert);
            });
        });
        std::transform(rows, rows + count, std::back_inserter(tids),
                       [](const TupleTableSlot* row) { return row->tts_tid; });
    }
    drop_rows();
    return tids;
}

// What INSERT … ON CONFLICT does, without looking for the row beforehand: nobody waits for one that
// is taken back, because it has been somebody's only while its token was locked.
bool Table::insert_if_new(TupleTableSlot* row, std::uint32_t token) {
    bool conflict = false;
    table_tuple_insert_speculative(relation_, row, GetCurrentCommandId(true), 0, nullptr, token);
    insert_index_entries(row, Write::insert, &conflict);
    table_tuple_complete_speculative(relation_, row, token, !conflict);
    return !conflict;
}

std::size_t Table::write_rows_that_are_new() {
    const auto written = call([this] {
        PreventCommandIfReadOnly("INSERT");
        const auto token = SpeculativeInsertionLockAcquire(GetCurrentTransactionId());
        std::size_t count = 0;
        while (count < rows_.size() && insert_if_new(rows_[count], token)) {
            ++count;
            CHECK_FOR_INTERRUPTS();
        }
        SpeculativeInsertionLockRelease(GetCurrentTransactionId());
        return count;
    });
    drop_rows();
    return written;
}

}  // namespace ideamine::pg
