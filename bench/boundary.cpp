// Two functions that do the same, one of them behind the wall.
#include "ideamine/pg/error.hpp"

extern "C" {
PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(bench_plain);
}

extern "C" PGDLLEXPORT Datum bench_plain(PG_FUNCTION_ARGS) {
    PG_RETURN_INT32(PG_GETARG_INT32(0));
}

IDEAMINE_FUNCTION(bench_boundary) {
    return ideamine::pg::boundary([&] { return Int32GetDatum(PG_GETARG_INT32(0)); });
}
