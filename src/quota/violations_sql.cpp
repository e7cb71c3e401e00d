#include "access/caller_store.hpp"
#include "ideamine/pg/function.hpp"
#include "quota/violations_store.hpp"

using namespace ideamine;

IDEAMINE_FUNCTION(ideamine_record_violations) {
    return pg::boundary([&] {
        access::require_platform("record_violations()");
        const pg::Spi spi;
        return Int64GetDatum(quota::record_violations());
    });
}
