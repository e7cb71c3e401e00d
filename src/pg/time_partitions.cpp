#include "ideamine/pg/time_partitions.hpp"

#include "ideamine/pg/installation.hpp"

extern "C" {
#include "access/table.h"
#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/partition.h"
#include "catalog/pg_am_d.h"
#include "nodes/execnodes.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "tcop/utility.h"
#include "utils/partcache.h"
#include "utils/rel.h"
}

namespace ideamine::pg {

namespace {

bool has_insert_triggers(Relation table) {
    const auto* triggers = table->trigdesc;
    return triggers != nullptr &&
           (triggers->trig_insert_before_row || triggers->trig_insert_after_row ||
            triggers->trig_insert_instead_row || triggers->trig_insert_before_statement ||
            triggers->trig_insert_after_statement);
}

bool computes_or_checks(const TupleConstr* constraints) {
    if (constraints == nullptr) {
        return false;
    }
#if PG_VERSION_NUM >= 180000
    if (constraints->has_generated_virtual) {
        return true;
    }
#endif
    return constraints->num_check > 0 || constraints->has_generated_stored;
}

// What the executor would have to do beyond storing the row. Row security that is not forced does
// not concern the owner.
bool takes_rows_as_they_are(Relation table) {
    return !has_insert_triggers(table) && !computes_or_checks(RelationGetDescr(table)->constr) &&
           !table->rd_rel->relforcerowsecurity;
}

// Who attaches a table as a partition may have its columns in another order.
bool has_same_columns(Relation parent, Relation leaf) {
    const TupleDesc expected = RelationGetDescr(parent);
    const TupleDesc actual = RelationGetDescr(leaf);
    for (int i = 0; i < expected->natts; ++i) {
        const auto* of_parent = TupleDescAttr(expected, i);
        const auto* of_leaf = TupleDescAttr(actual, i);
        if (of_parent->attisdropped || of_leaf->attisdropped ||
            of_parent->atttypid != of_leaf->atttypid ||
            std::strcmp(NameStr(of_parent->attname), NameStr(of_leaf->attname)) != 0) {
            return false;
        }
    }
    return true;
}

bool has_forbidden_null(Relation table, const bool* nulls) {
    const TupleDesc descriptor = RelationGetDescr(table);
    for (int i = 0; i < descriptor->natts; ++i) {
        if (nulls[i] && TupleDescAttr(descriptor, i)->attnotnull) {
            return true;
        }
    }
    return false;
}

bool is_divided_by_time(Relation parent) {
    if (parent->rd_rel->relkind != RELKIND_PARTITIONED_TABLE) {
        return false;
    }
    const PartitionKey key = RelationGetPartitionKey(parent);
    return key->strategy == PARTITION_STRATEGY_RANGE && key->partnatts == 1 &&
           key->partattrs[0] > 0 && key->parttypid[0] == TIMESTAMPTZOID;
}

// The partition between whose bounds the row lies; invalid if there is none.
Oid find_leaf(Relation parent, const Datum* values, const bool* nulls) {
    const PartitionKey key = RelationGetPartitionKey(parent);
    const int column = key->partattrs[0] - 1;
    const PartitionDesc partitions = RelationGetPartitionDesc(parent, true);
    if (partitions->nparts == 0 || nulls[column]) {
        return InvalidOid;
    }
    const PartitionBoundInfo bounds = partitions->boundinfo;
    Datum time[] = {values[column]};
    bool is_equal = false;
    const int lower = partition_range_datum_bsearch(key->partsupfunc, key->partcollation, bounds, 1,
                                                    time, &is_equal);
    const int found = bounds->indexes[lower + 1];
    return found >= 0 && partitions->is_leaf[found] ? partitions->oids[found] : InvalidOid;
}

// Uniqueness, expressions and conditions are the executor's to see to.
bool is_plain(const IndexInfo& index) {
    return !index.ii_Unique && index.ii_Expressions == NIL && index.ii_Predicate == NIL &&
           index.ii_ExclusionOps == nullptr;
}

bool are_plain(CatalogIndexState indexes) {
    return std::all_of(indexes->ri_IndexRelationInfo,
                       indexes->ri_IndexRelationInfo + indexes->ri_NumIndices,
                       [](const IndexInfo* index) { return is_plain(*index); });
}

void resolve_labels(Relation table, Datum* values, const bool* nulls) {
    const TupleDesc descriptor = RelationGetDescr(table);
    for (int i = 0; i < descriptor->natts; ++i) {
        const Oid type = TupleDescAttr(descriptor, i)->atttypid;
        if (type >= FirstNormalObjectId && !nulls[i]) {
            values[i] = DirectFunctionCall2(enum_in, values[i], ObjectIdGetDatum(type));
        }
    }
}

// The server's functions for its own catalogues are all that a table with plain indexes needs.
bool append_to_leaf(Relation leaf, Datum* values, const bool* nulls) {
    const CatalogIndexState indexes = CatalogOpenIndexes(leaf);
    const bool fits = are_plain(indexes);
    if (fits) {
        resolve_labels(leaf, values, nulls);
        HeapTuple row = heap_form_tuple(RelationGetDescr(leaf), values, const_cast<bool*>(nulls));
        CatalogTupleInsertWithInfo(leaf, row, indexes);
    }
    CatalogCloseIndexes(indexes);
    return fits;
}

bool append_to(Relation parent, Datum* values, const bool* nulls, int count) {
    if (!is_divided_by_time(parent) || RelationGetDescr(parent)->natts != count ||
        !takes_rows_as_they_are(parent)) {
        return false;
    }
    const Oid oid = find_leaf(parent, values, nulls);
    const Relation leaf = OidIsValid(oid) ? try_table_open(oid, RowExclusiveLock) : nullptr;
    if (leaf == nullptr) {
        return false;
    }
    const bool appended =
        leaf->rd_rel->relkind == RELKIND_RELATION && leaf->rd_rel->relispartition &&
        leaf->rd_rel->relam == HEAP_TABLE_AM_OID && RelationGetDescr(leaf)->natts == count &&
        takes_rows_as_they_are(leaf) && has_same_columns(parent, leaf) &&
        !has_forbidden_null(leaf, nulls) && append_to_leaf(leaf, values, nulls);
    table_close(leaf, NoLock);
    return appended;
}

}  // namespace

Oid TimePartitions::own_schema() {
    return current_installation().schema;
}

// Locks as an INSERT does: while both tables are locked, the partition stays one.
bool TimePartitions::append_row(Oid schema, Datum* values, const bool* nulls, int count) const {
    PreventCommandIfReadOnly("INSERT");
    PreventCommandIfParallelMode("INSERT");
    const Oid oid = get_relname_relid(table_, schema);
    const Relation parent = OidIsValid(oid) ? try_table_open(oid, RowExclusiveLock) : nullptr;
    if (parent == nullptr) {
        return false;
    }
    const bool appended = append_to(parent, values, nulls, count);
    table_close(parent, NoLock);
    if (appended) {
        // what comes next in the transaction sees the row
        CommandCounterIncrement();
    }
    return appended;
}

}  // namespace ideamine::pg
