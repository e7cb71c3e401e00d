// Appending rows to a table that is partitioned by time, without a statement.
//
// Of a statement that inserts one row, starting and ending the executor and finding the partition
// cost several times what the row and its index entries do. What is written is the same.
#pragma once

#include "ideamine/pg/datum.hpp"

namespace ideamine::pg {

// A value of an enumeration of ours, of the type that its column has.
struct Label {
    std::string_view text;
};
template <>
struct Type<Label> {
    static Datum put(const Label& label) {
        return CStringGetDatum(pnstrdup(label.text.data(), label.text.size()));
    }
};

// A table of the extension's schema that is partitioned by ranges of one column of time.
class TimePartitions {
  public:
    constexpr explicit TimePartitions(const char* table) : table_(table) {}

    // Appends a row with all columns in their order. The caller's rights are not asked for. False:
    // nothing was done, because there is no partition for the row, or because somebody has changed
    // the table so that more than the row and its index entries is called for, such as triggers. A
    // statement does it then, or says what is wrong.
    template <typename... Columns>
    [[nodiscard]] bool append(const Columns&... columns) const {
        const Oid schema = own_schema();
        return call([&] {
            Datum values[sizeof...(Columns)]{};
            bool nulls[sizeof...(Columns)]{};
            put_all(values, nulls, columns...);
            return append_row(schema, values, nulls, sizeof...(Columns));
        });
    }

  private:
    static Oid own_schema();
    bool append_row(Oid schema, Datum* values, const bool* nulls, int count) const;

    const char* table_;
};

}  // namespace ideamine::pg
