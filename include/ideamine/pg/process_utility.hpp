// Seeing utility statements before the server executes them.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// A parsed statement, of which only what somebody asked for is read.
class UtilityStatement {
  public:
    explicit UtilityStatement(const Node* node) : node_(node) {}

    // Each is empty if the statement is of another kind.

    // The database that it can only work on while nobody is connected to it: the one that it drops,
    // renames, moves or copies. Also empty if the user has no right to do this to it anyway.
    std::string_view claims_database() const;
    // The extension that it creates.
    std::string_view creates_extension() const;
    // The schema, if written out, of the table that it loads by COPY.
    std::string_view copies_into_schema() const;
    // Whether it is COMMIT PREPARED.
    bool commits_prepared() const;

  private:
    const Node* node_;
};

// before() runs as the user of the statement, may throw, and says whether after() is to be called
// once the statement has succeeded. What was parsed may be gone by then.
struct UtilityObserver {
    bool (*before)(const UtilityStatement& statement);
    void (*after)();
};

// In _PG_init; in the order in which they are to be called, and at most four.
void observe_utility(const UtilityObserver& observer);

}  // namespace ideamine::pg
