// Reading and writing as the extension's owner, in functions that run as their caller.
#pragma once

#include "ideamine/pg/error.hpp"

namespace ideamine::pg {

// While it lives, statements run as the owner of the extension, whose tables row security does not
// narrow, and with the search path of a SECURITY DEFINER function: what the caller put in front of
// pg_catalog is not called. For statements of ours only, after the caller's rights were checked.
// A check on a hot path has no use for it; whoever has to read tables does.
class AsOwner {
  public:
    AsOwner();
    ~AsOwner();
    AsOwner(const AsOwner&) = delete;
    AsOwner& operator=(const AsOwner&) = delete;

  private:
    Oid caller_ = InvalidOid;
    int context_ = 0;
    int settings_level_ = 0;
    int exceptions_ = std::uncaught_exceptions();
};

}  // namespace ideamine::pg
