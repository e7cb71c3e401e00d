// Functions that only return what check_quota() and has_quota() do, for bench/quota_check.sh.
#include "ideamine/pg/api.hpp"

extern "C" {
PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(bench_row);
PG_FUNCTION_INFO_V1(bench_boolean);
}

extern "C" PGDLLEXPORT Datum bench_row(PG_FUNCTION_ARGS) {
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    auto* const result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    const auto amount = NumericGetDatum(int64_to_numeric(1'000'000));
    Datum values[]{BoolGetDatum(true), BoolGetDatum(false), amount, amount, amount, 0, 0};
    bool nulls[]{false, false, false, false, false, true, true};
    tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    return 0;
}

extern "C" PGDLLEXPORT Datum bench_boolean(PG_FUNCTION_ARGS) {
    return BoolGetDatum(PG_NARGS() > 0);
}
