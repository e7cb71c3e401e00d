#include "ideamine/pg/function.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/syscache.h"
}

namespace ideamine::pg {

void Arguments::throw_missing(const char* name) {
    throw ideamine::Error(Code::invalid_argument, std::string{name} + " must not be null");
}

Datum returned_json(Json json) {
    return call([json] { return SPI_datumTransfer(json.datum, false, -1); });
}

Datum returned_numeric(Decimal value) {
    return call([value] { return SPI_datumTransfer(value.datum, false, -1); });
}

Datum returned_time(FunctionCallInfo fcinfo, std::optional<Time> time) {
    fcinfo->isnull = !time;
    return time ? Type<Time>::put(*time) : Datum{0};
}

Datum Type<Enum>::put(const Enum& value) {
    const Oid schema = get_namespace_oid("ideamine", false);
    const Oid type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(value.type),
                                     ObjectIdGetDatum(schema));
    if (!OidIsValid(type)) {
        elog(ERROR, "type \"ideamine.%s\" does not exist", value.type);
    }
    char* const label = pnstrdup(value.label.data(), value.label.size());
    return DirectFunctionCall2(enum_in, CStringGetDatum(label), ObjectIdGetDatum(type));
}

Returned::Returned(const Arguments& arguments)
    : result_(reinterpret_cast<ReturnSetInfo*>(arguments.info()->resultinfo)) {
    // as the call expects them: a set of one column is no row type
    call([&arguments] { InitMaterializedSRF(arguments.info(), MAT_SRF_USE_EXPECTED_DESC); });
}

void Returned::add(const Rows& rows) {
    call([&rows, this] {
        for (const Row row : rows) {
            tuplestore_puttuple(result_->setResult, row.tuple());
        }
    });
}

void Returned::add_values(Datum* values, bool* nulls, std::size_t count) {
    const auto missing = static_cast<std::size_t>(result_->setDesc->natts) - count;
    std::fill_n(values + count, missing, Datum{0});
    std::fill_n(nulls + count, missing, true);
    tuplestore_putvalues(result_->setResult, result_->setDesc, values, nulls);
}

}  // namespace ideamine::pg
