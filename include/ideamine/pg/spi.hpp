// SQL from C++: a connection to SPI, and statements that are planned once per backend.
#pragma once

#include "ideamine/pg/datum.hpp"
#include "ideamine/version.hpp"

namespace ideamine::pg {

// While it lives, plans are made by index only: no sequential or bitmap scans, no hash or merge
// joins, so that a statement on a hot path costs the same with good, stale and no statistics. Rows
// are looked up in a LATERAL subquery that locks them, which the planner cannot turn round.
class IndexPlansOnly {
  public:
    IndexPlansOnly();
    ~IndexPlansOnly();
    IndexPlansOnly(const IndexPlansOnly&) = delete;
    IndexPlansOnly& operator=(const IndexPlansOnly&) = delete;

  private:
    std::array<bool, 8> saved_;
};

// A connection to SPI for the time of a scope, in which plans go by index. What statements return
// lives as long.
class Spi {
  public:
    // Only a procedure that check_may_commit() let pass may be non_atomic, and so commit().
    enum class Mode { atomic, non_atomic };

    explicit Spi(Mode mode = Mode::atomic);
    ~Spi();
    Spi(const Spi&) = delete;
    Spi& operator=(const Spi&) = delete;

    // Ends the transaction and begins another one, which has no snapshot yet. What statements
    // returned is gone.
    void commit() const;

  private:
    IndexPlansOnly index_plans_only_;
    int exceptions_ = std::uncaught_exceptions();
};

// Throws 2D000 where a procedure may not commit: in a transaction block, or called by a function.
void check_may_commit(FunctionCallInfo fcinfo, const char* procedure);

class Row {
  public:
    Row(HeapTuple tuple, TupleDesc descriptor) : tuple_(tuple), descriptor_(descriptor) {}

    // Columns count from 0.
    bool is_null(int column) const {
        bool null = false;
        datum(column, &null);
        return null;
    }
    Datum datum(int column, bool* null) const {
        return heap_getattr(tuple_, column + 1, descriptor_, null);
    }
    template <typename T>
    T get(int column) const {
        return *optional<T>(column);
    }
    template <typename T>
    std::optional<T> optional(int column) const {
        bool null = false;
        const Datum value = datum(column, &null);
        if (null) {
            return std::nullopt;
        }
        return Type<T>::get(value);
    }
    HeapTuple tuple() const { return tuple_; }

  private:
    HeapTuple tuple_;
    TupleDesc descriptor_;
};

// What a statement returned.
class Rows {
  public:
    Rows() = default;
    Rows(SPITupleTable* table, std::uint64_t count) : table_(table), count_(count) {}

    std::uint64_t size() const { return count_; }
    bool empty() const { return count_ == 0; }
    Row operator[](std::uint64_t i) const { return {table_->vals[i], table_->tupdesc}; }

    class Iterator {
      public:
        Iterator(const Rows& rows, std::uint64_t i) : rows_(rows), i_(i) {}
        Row operator*() const { return rows_[i_]; }
        Iterator& operator++() {
            ++i_;
            return *this;
        }
        bool operator!=(const Iterator& other) const { return i_ != other.i_; }

      private:
        const Rows& rows_;
        std::uint64_t i_;
    };
    Iterator begin() const { return {*this, 0}; }
    Iterator end() const { return {*this, count_}; }

  private:
    SPITupleTable* table_ = nullptr;
    std::uint64_t count_ = 0;
};

// One SQL statement, prepared at its first use in a backend and kept. Declared as
// `constinit pg::Statement name{"…"}`; parameters get the types of the C++ arguments, which must
// be the same at each use. Its plan is generic: it never depends on the arguments. Its text may
// differ between versions of the extension's catalogue, see ideamine/version.hpp.
class Statement {
  public:
    enum class Kind {
        writes,
        reads,           // sees the snapshot of the calling query
        reads_latest,    // sees what is committed now, in every isolation level
        writes_latest,   // the same, and writes what it finds
        writes_by_tid,   // finds the rows of tables by their tids only, which have just been looked
                         // up
        walks,           // reads, and may have to walk through a whole table
        writes_walking,  // writes, and may have to walk through a whole table
    };

    constexpr explicit Statement(const char* sql, Kind kind = Kind::writes)
        : sql_(sql), kind_(kind), versioned_(is_versioned(sql)) {}

    // The rows that it returned or, if it returns none, how many it affected.
    template <typename... Arguments>
    Rows execute(const Arguments&... arguments) {
        constexpr int count = sizeof...(Arguments);
        const Planning planning{kind_};
        if (versioned_) {
            follow_version();
        }
        static constexpr Oid types[count + 1]{Type<ValueOf<Arguments>>::oid..., InvalidOid};
        return call([&, this] {
            Datum values[count + 1]{};
            bool nulls[count + 1]{};
            put_all(values, nulls, arguments...);
            return run(types, count, values, nulls);
        });
    }

  private:
    // With index scans off as well, a scan by tid is the cheapest plan whatever the planner
    // believes about the size of the table. What walks is left to the planner.
    class Planning {
      public:
        explicit Planning(Kind kind);
        ~Planning();
        Planning(const Planning&) = delete;
        Planning& operator=(const Planning&) = delete;

      private:
        bool by_tid_;
        bool walks_;
        std::array<bool, 2> index_scans_{};
        std::array<bool, 8> others_{};
    };

    // Drops a plan that was made for another version of the catalogue.
    void follow_version();
    void prepare(const Oid* types, int count);
    Rows run(const Oid* types, int count, Datum* values, const bool* nulls);

    const char* sql_;
    Kind kind_;
    bool versioned_;
    Version planned_for_{};
    SPIPlanPtr plan_ = nullptr;
};

}  // namespace ideamine::pg
