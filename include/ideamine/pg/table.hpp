// Rows of one of our tables by their places, past the executor: for what is done to every job.
//
// What an INSERT or an UPDATE by tid does, without what makes it general: no triggers, no
// constraints, no generated columns, no policies. Who uses it writes columns only of which none of
// these know, and asks whether anybody has made the table a different one.
#pragma once

#include <exception>
#include <vector>

#include "ideamine/pg/datum.hpp"

extern "C" {
#include "access/tableam.h"
#include "nodes/execnodes.h"
#include "utils/rel.h"
}

namespace ideamine::pg {

// The places of some columns in the rows of a table. Declared as `constinit`, and looked up when
// the table is another one than before.
template <std::size_t count>
struct Columns {
    std::array<const char*, count> names;
    std::size_t required = count;  // those after the first ones are NULL where there are none
    Oid table = InvalidOid;
    int width = 0;  // that the table had then; another version of it may have more
    std::array<int, count> numbers{};
};

// What the server calls the values of an enumeration of ours. Declared and looked up in the same
// way, since they live as long as the extension's tables.
template <std::size_t count>
struct Labels {
    const char* type;
    std::array<std::string_view, count> names;
    Oid table = InvalidOid;
    std::array<Datum, count> values{};

    // It is one of them.
    Datum operator[](std::string_view name) const {
        return values[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())];
    }
};

class Table {
  public:
    // For the time of a scope, in which it sees what the caller's next statement would see, or what
    // is committed now. Inside a transaction; the name is that of a table in schema ideamine.
    enum class Sees { what_the_caller_does, the_latest };
    explicit Table(const char* name, Sees sees = Sees::what_the_caller_does);
    // Later statements see what was written.
    ~Table();
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;

    // Whether a statement would do nothing else: the table is as we have made it, and nobody has
    // put triggers, rules, another access method, columns or constraints on it.
    enum class Write { insert, update };
    struct Shape {
        int columns;
        int checks;
    };
    bool is_plain(Write write, const Shape& shape) const;

    template <std::size_t count>
    void look_up(Columns<count>& columns) const {
        if (columns.table != relation_->rd_id || columns.width != width()) {
            find_columns(columns.names.data(), columns.numbers.data(), count, columns.required);
            columns.table = relation_->rd_id;
            columns.width = width();
        }
    }

    template <std::size_t count>
    void look_up(Labels<count>& labels) const {
        if (labels.table != relation_->rd_id) {
            find_labels(labels.type, labels.names.data(), labels.values.data(), count);
            labels.table = relation_->rd_id;
        }
    }

    // Goes to the row that stands there. False: the caller would not see any.
    bool find(const Tid& tid);
    // Walks through the whole table: goes to the next row that is wanted, in the order in which
    // they stand. `is_wanted` looks at the row that was found, and must not fail. False: there is
    // none.
    template <typename Wanted>
    bool next(const Wanted& is_wanted) {
        return call([&, this] {
            while (fetch_next()) {
                if (is_wanted()) {
                    return true;
                }
            }
            return false;
        });
    }
    // Locks the row that was found, as FOR NO KEY UPDATE SKIP LOCKED does. False: somebody else has
    // locked or changed it.
    bool try_lock() { return lock(LockTupleNoKeyExclusive, LockWaitSkip); }
    // The same as FOR KEY SHARE, which waits. False: somebody else has changed it.
    bool hold() { return lock(LockTupleKeyShare, LockWaitBlock); }
    // Writes a new version of the row that was found, with these columns changed. False: it was
    // changed meanwhile, or is locked, though nobody should have locked it but this transaction if
    // the lock is its own.
    enum class Lock { none, own };
    template <std::size_t count>
    bool try_update(Lock lock, const std::array<int, count>& columns,
                    std::array<Datum, count> values, std::array<bool, count> nulls = {}) {
        return try_update(lock, columns.data(), values.data(), nulls.data(), count);
    }
    // Where the row that was found stands, or its new version.
    Tid tid() const { return tid_; }

    // Of the row that was found, as it was; valid until the next one is.
    Datum datum(int column, bool* null) const {
        *null = column == InvalidAttrNumber;
        return *null ? Datum{0} : slot_getattr(found_, column, null);
    }
    bool is_null(int column) const {
        bool null = false;
        datum(column, &null);
        return null;
    }
    // Of an enumeration, as text.
    std::string label(int column) const;
    // Whether a value that is passed as it is, such as an enumeration's, is this one.
    bool is(int column, Datum value) const {
        bool null = false;
        return datum(column, &null) == value && !null;
    }
    template <typename T>
    std::optional<T> optional(int column) const {
        bool null = false;
        const Datum value = datum(column, &null);
        return null ? std::nullopt : std::optional<T>{Type<T>::get(value)};
    }
    template <typename T>
    T get(int column) const {
        return *optional<T>(column);
    }

    // A row on its way, all of it NULL at first.
    class NewRow {
      public:
        // NULL if the optional is empty. Inside pg::call().
        template <typename T>
        void set(int column, const T& value) {
            if (!Nullable<T>::is_null(value)) {
                set_datum(column, Type<ValueOf<T>>::put(Nullable<T>::value(value)));
            }
        }
        void set_datum(int column, Datum value) {
            values_[column - 1] = value;
            nulls_[column - 1] = false;
        }

      private:
        friend class Table;
        Datum* values_;
        bool* nulls_;
    };

    // Makes rows that write_rows() writes together; `fill` is called inside pg::call(). Who makes
    // them sees to it that constraints hold.
    template <typename Fill>
    void add_row(const Fill& fill) {
        rows_.reserve(rows_.size() + 1);
        rows_.push_back(call([&, this] {
            auto row = empty_row();
            fill(row);
            return formed(row);
        }));
    }
    // Returns where they stand, in their order.
    std::vector<Tid> write_rows();
    // Writes them in their order, up to the first one of which a unique index knows another,
    // whether that is committed or not; returns how many. Waits for nobody, as whoever takes keys
    // in one order has to wait in this order too.
    std::size_t write_rows_that_are_new();

  private:
    int width() const { return RelationGetDescr(relation_)->natts; }
    NewRow empty_row() const;
    TupleTableSlot* formed(const NewRow& row);
    void find_columns(const char* const* names, int* numbers, std::size_t count,
                      std::size_t required) const;
    static void find_labels(const char* type, const std::string_view* names, Datum* values,
                            std::size_t count);
    bool try_update(Lock lock, const int* columns, Datum* values, bool* nulls, std::size_t count);
    bool fetch_next();
    bool lock(LockTupleMode mode, LockWaitPolicy policy);
    void prune_page();
    bool insert_if_new(TupleTableSlot* row, std::uint32_t token);
    void drop_rows();
    // Sets `conflict` if a unique index has another such row; without one that is an error.
    void insert_index_entries(TupleTableSlot* row, Write write, bool* conflict = nullptr);

    Relation relation_ = nullptr;
    TableScanDesc scan_ = nullptr;  // knows how far the table goes
    TableScanDesc walk_ = nullptr;  // made when it is needed
    TupleTableSlot* found_ = nullptr;
    TupleTableSlot* written_ = nullptr;
    EState* state_ = nullptr;  // made when it is needed
    ResultRelInfo* indexes_ = nullptr;
    Tid tid_{};
    TupleDesc row_type_ = nullptr;  // made when it is needed
    std::vector<TupleTableSlot*> rows_;
    BlockNumber pruned_ = InvalidBlockNumber;  // the page that was looked at last
    int exceptions_ = std::uncaught_exceptions();
};

}  // namespace ideamine::pg
