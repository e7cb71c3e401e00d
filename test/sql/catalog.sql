-- What the extension installs follows the conventions: every row that a query here returns is a fault.
CREATE TEMP VIEW members AS
  SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
  WHERE d.refclassid = 'pg_extension'::regclass AND e.extname = 'ideamine' AND d.deptype = 'e';
CREATE TEMP VIEW functions AS
  SELECT p.*, p.oid::regprocedure::text AS signature, obj_description(p.oid, 'pg_proc') AS comment
  FROM pg_proc p JOIN members m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid;
CREATE TEMP VIEW relations AS
  SELECT c.*, c.oid::regclass::text AS name, obj_description(c.oid, 'pg_class') AS comment
  FROM pg_class c JOIN members m ON m.classid = 'pg_class'::regclass AND m.objid = c.oid;

-- There is something to look at, all of it in the two schemas, and all that stands there belongs to the extension.
SELECT (SELECT count(*) > 20 FROM functions) AS functions, (SELECT count(*) >= 8 FROM relations WHERE relkind = 'r') AS tables;
SELECT signature AS elsewhere FROM functions WHERE pronamespace::regnamespace::text NOT IN ('ideamine', 'ideamine_internal')
UNION ALL SELECT name FROM relations WHERE relnamespace::regnamespace::text NOT IN ('ideamine', 'ideamine_internal');
SELECT p.oid::regprocedure AS stranger FROM pg_proc p WHERE p.pronamespace::regnamespace::text IN ('ideamine', 'ideamine_internal')
  AND p.oid NOT IN (SELECT oid FROM functions);
SELECT c.oid::regclass AS stranger FROM pg_class c WHERE c.relnamespace::regnamespace::text IN ('ideamine', 'ideamine_internal')
  AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND NOT c.relispartition AND c.oid NOT IN (SELECT oid FROM relations);

-- Privileges, definer rights, dump marks, restore.
SELECT 'PUBLIC can execute' AS fault, signature AS object FROM functions f
  WHERE EXISTS (SELECT FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a WHERE a.grantee = 0)
UNION ALL SELECT 'SECURITY DEFINER without pinned search_path ending in pg_temp', signature FROM functions
  WHERE prosecdef AND NOT EXISTS (SELECT FROM unnest(proconfig) c WHERE c = 'search_path=pg_catalog, pg_temp')
UNION ALL SELECT 'SQL or PL/pgSQL function without pinned search_path', signature FROM functions f JOIN pg_language l ON l.oid = f.prolang
  WHERE l.lanname IN ('sql', 'plpgsql') AND NOT EXISTS (SELECT FROM unnest(proconfig) c WHERE c LIKE 'search_path=%')
UNION ALL SELECT 'LEAKPROOF set', signature FROM functions WHERE proleakproof
UNION ALL SELECT 'view without security_invoker', name FROM relations
  WHERE relkind = 'v' AND NOT coalesce(reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)
UNION ALL SELECT 'table or sequence not marked for dump', name FROM relations r
  WHERE relkind IN ('r', 'S') AND NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'ideamine' AND r.oid = ANY (e.extconfig))
UNION ALL SELECT 'PUBLIC has a privilege on a relation', name FROM relations r WHERE EXISTS (SELECT FROM aclexplode(r.relacl) a WHERE a.grantee = 0)
UNION ALL SELECT 'schema open to PUBLIC', n.nspname FROM pg_namespace n
  WHERE n.nspname LIKE 'ideamine%' AND EXISTS (SELECT FROM aclexplode(n.nspacl) a WHERE a.grantee = 0)
UNION ALL SELECT 'trigger on INSERT will fire during a restore', t.tgname || ' on ' || r.name FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND (t.tgtype & 4) <> 0 AND t.tgenabled IN ('O', 'A')
    AND t.tgname NOT IN ('quotas_changed', 'capacity_changed', 'budgets_changed', 'user_limits_changed', 'tenant_changed', 'tenant_logins_changed', 'paused_queues_changed', 'closings_changed') -- change no rows
UNION ALL SELECT 'identity column or sequence', name FROM relations WHERE relkind = 'S'
UNION ALL SELECT 'relocatable or trusted', name::text || ' ' || version FROM pg_available_extension_versions WHERE name = 'ideamine' AND (relocatable OR trusted)
ORDER BY 1, 2;

-- Comments: on every schema, type, relation, column, index and function, and they are text.
SELECT 'schema without comment' AS fault, n.nspname::text AS object FROM pg_namespace n
  WHERE n.nspname IN ('ideamine', 'ideamine_internal') AND obj_description(n.oid, 'pg_namespace') IS NULL
UNION ALL SELECT 'type without comment', t.oid::regtype::text FROM pg_type t JOIN members m ON m.classid = 'pg_type'::regclass AND m.objid = t.oid
  WHERE t.typtype IN ('e', 'd', 'r') AND obj_description(t.oid, 'pg_type') IS NULL
UNION ALL SELECT 'relation without comment', name FROM relations WHERE comment IS NULL
UNION ALL SELECT 'column without comment', r.name || '.' || a.attname FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
  WHERE r.relkind IN ('r', 'p', 'v', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND col_description(a.attrelid, a.attnum) IS NULL
UNION ALL SELECT 'index without comment', i.indexrelid::regclass::text FROM pg_index i JOIN relations r ON r.oid = i.indrelid
  WHERE obj_description(i.indexrelid, 'pg_class') IS NULL AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
UNION ALL SELECT 'function without comment', signature FROM functions WHERE comment IS NULL
UNION ALL SELECT 'label of an enumeration that its comment does not explain', t.oid::regtype || ' ' || e.enumlabel
  FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid JOIN members m ON m.classid = 'pg_type'::regclass AND m.objid = t.oid
  WHERE strpos(obj_description(t.oid, 'pg_type'), e.enumlabel) = 0
ORDER BY 1, 2;

-- Functions: one signature per name, real names for arguments, what only reads is not volatile.
SELECT 'more than one signature' AS fault, proname::text AS object FROM functions GROUP BY proname HAVING count(*) > 1
UNION ALL SELECT 'argument without a name', signature FROM functions WHERE pronargs > 0 AND coalesce(array_length(proargnames, 1), 0) < pronargs
UNION ALL SELECT 'argument with a prefix', signature || ' ' || a FROM functions, unnest(proargnames) AS a WHERE a ~ '^[pv_]_' OR a !~ '^[a-z][a-z_]*$'
UNION ALL SELECT 'tenant_id is not the first argument', signature FROM functions
  WHERE 'tenant_id' = ANY (proargnames[1:pronargs]) AND proargnames[1] NOT IN ('tenant_id', 'login')
UNION ALL SELECT 'volatile although it only reads', signature FROM functions WHERE proname ~ '^(get|check|calculate)_' AND provolatile = 'v'
UNION ALL SELECT 'strict: a NULL would be silence', signature FROM functions WHERE proisstrict
UNION ALL SELECT 'bare composite as result', signature FROM functions WHERE prorettype = 'record'::regtype AND NOT proretset
ORDER BY 1, 2;

-- Their comments: the arguments that do not speak for themselves, and error codes that exist.
SELECT 'argument that the comment does not explain' AS fault, signature || ' ' || a AS object
  FROM functions, unnest(proargnames[1:pronargs]) AS a
  WHERE a NOT IN ('tenant_id', 'job_id', 'worker_id', 'worker_type', 'job_type') AND comment !~ ('\m' || a || '\M')
UNION ALL SELECT 'unknown SQLSTATE in a comment', signature || ' ' || code[1]
  FROM functions, regexp_matches(comment, '\mID[0-9A-Z]{3}\M', 'g') AS code
  WHERE code[1] NOT IN ('ID400', 'ID402', 'ID403', 'ID404', 'ID409', 'ID410', 'ID413', 'ID422', 'ID423', 'ID429', 'ID503', 'ID504')
UNION ALL SELECT 'no errors named, although it takes what a caller may get wrong', signature FROM functions
  WHERE proargnames[1:pronargs] && '{tenant_id,job_id,worker_id,worker_type,options,jobs,completions}' AND comment !~ '\mErrors: '
ORDER BY 1, 2;

-- Tables: each of a tenant has tenant_id in its primary key, unique and foreign keys, and it is NOT NULL.
SELECT 'key without tenant_id' AS fault, r.name || ' ' || c.conname AS object FROM relations r JOIN pg_constraint c ON c.conrelid = r.oid
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
  WHERE c.contype IN ('p', 'u', 'f') AND NOT a.attnum = ANY (c.conkey)
UNION ALL SELECT 'no primary key', name FROM relations r WHERE relkind = 'r' AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = r.oid AND c.contype = 'p')
UNION ALL SELECT 'tenant_id may be NULL', r.name FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
  WHERE r.relkind = 'r' AND a.attname = 'tenant_id' AND NOT a.attnotnull
UNION ALL SELECT 'text key that depends on the locale', r.name || '.' || a.attname FROM relations r JOIN pg_constraint c ON c.conrelid = r.oid AND c.contype = 'p'
  JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = ANY (c.conkey) WHERE a.atttypid = 'text'::regtype AND a.attcollation <> '"C"'::regcollation
UNION ALL SELECT 'time without zone', r.name || '.' || a.attname FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid
  WHERE a.atttypid = 'timestamp'::regtype
UNION ALL SELECT 'name of a constraint does not begin with its table', r.name || ' ' || c.conname FROM relations r JOIN pg_constraint c ON c.conrelid = r.oid
  WHERE c.contype <> 'n' AND c.conname !~ ('^' || r.relname || '_')
ORDER BY 1, 2;

-- An installation begins without rows, but for those that dumps leave out: a seeded one would collide at restore.
DROP EXTENSION ideamine;
CREATE EXTENSION ideamine;
SELECT c.oid::regclass AS seeded FROM pg_class c
WHERE c.relnamespace::regnamespace::text IN ('ideamine', 'ideamine_internal') AND c.relkind = 'r' AND pg_relation_size(c.oid) > 0
  AND NOT EXISTS (SELECT FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS dumped (oid, condition)
                  WHERE e.extname = 'ideamine' AND dumped.oid = c.oid AND dumped.condition = 'WHERE NOT builtin');
SELECT count(*) AS collide FROM ideamine.preemption_policies WHERE NOT builtin;
