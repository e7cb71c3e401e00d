// The arguments of a function that SQL called, and the rows that it returns.
#pragma once

#include "ideamine/pg/numeric.hpp"
#include "ideamine/pg/spi.hpp"

namespace ideamine::pg {

class Arguments {
  public:
    explicit Arguments(FunctionCallInfo fcinfo) : fcinfo_(fcinfo) {}

    // Arguments count from 0.
    template <typename T>
    std::optional<T> optional(int argument) const {
        if (fcinfo_->args[argument].isnull) {
            return std::nullopt;
        }
        return Type<T>::get(fcinfo_->args[argument].value);
    }

    // Throws ID400, naming the argument, if it is NULL.
    template <typename T>
    T required(int argument, const char* name) const {
        auto value = optional<T>(argument);
        if (!value) {
            throw_missing(name);
        }
        return *std::move(value);
    }

    // A value as the function's only result: it outlives a connection to SPI that was opened since.
    template <typename T>
    Datum returned(const T& value) const {
        return call([&] {
            const auto previous = MemoryContextSwitchTo(caller_);
            const Datum datum = Type<T>::put(value);
            MemoryContextSwitchTo(previous);
            return datum;
        });
    }

    FunctionCallInfo info() const { return fcinfo_; }

  private:
    [[noreturn]] static void throw_missing(const char* name);

    FunctionCallInfo fcinfo_;
    MemoryContext caller_ = CurrentMemoryContext;
};

// A jsonb as the function's only result: called inside a pg::Spi, which it outlives.
Datum returned_json(Json json);
// The same for a numeric.
Datum returned_numeric(Decimal value);
// A time as the function's only result, or NULL.
Datum returned_time(FunctionCallInfo fcinfo, std::optional<Time> time);

// A value of an enumeration of ours, by its names: returned only, since its type has no fixed oid.
struct Enum {
    const char* type;  // of the schema ideamine
    std::string_view label;
};
template <>
struct Type<Enum> {
    static Datum put(const Enum& value);
};

// A set of rows being returned. Made before SPI is connected, because it outlives that.
class Returned {
  public:
    explicit Returned(const Arguments& arguments);

    // One row; std::optional for columns that may be NULL. They are the first ones of the function:
    // what is missing is NULL.
    template <typename... Columns>
    void add(const Columns&... columns) {
        call([&] {
            Datum values[MaxTupleAttributeNumber];
            bool nulls[MaxTupleAttributeNumber];
            put_all(values, nulls, columns...);
            add_values(values, nulls, sizeof...(Columns));
        });
    }

    // All rows of a statement, in the same way; more columns are left out.
    void add(const Rows& rows);

  private:
    void add_values(Datum* values, bool* nulls, std::size_t count);

    ReturnSetInfo* result_;
};

}  // namespace ideamine::pg
