-- Projects: making them, and their settings, of which only the known ones with sensible values are taken.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.projects, ideamine.user_roles;
SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');

-- A project is made once, and each tenant has its own.
SELECT ideamine.create_project('acme', 'search', 'Search', '{"routing": {"maxLayer": "L3"}}') AS made;
SELECT ideamine.create_project('acme', 'search', 'again') AS made;
SELECT ideamine.create_project('globex', 'search') AS made;
SELECT tenant_id, project_id, name, settings FROM ideamine.projects ORDER BY 1, 2;
SELECT ideamine.create_project('nobody', 'search');
SELECT ideamine.create_project('acme', NULL);
SELECT ideamine.create_project('acme', '');
SELECT ideamine.create_project('acme', E'a\nb');
SELECT ideamine.create_project('acme', repeat('x', 201));
SELECT ideamine.create_project('acme', 'other', E'a\nb');
SELECT ideamine.create_project('acme', 'other', settings => '{"color": "red"}');

-- All settings, chosen ones and defaults.
SELECT jsonb_pretty(ideamine.get_project_settings('acme', 'search'));
SELECT ideamine.get_project_settings('acme', 'nothing');
SELECT ideamine.get_project_settings('nobody', 'search');

-- default-project can be looked at before its first use, and is there from then on. The setting names the tenant.
SET ideamine.tenant_id = 'acme';
SELECT ideamine.get_project_settings(NULL) -> 'features' AS features;
SELECT count(*) FROM ideamine.projects WHERE project_id = 'default-project';
SELECT ideamine.set_project_settings(NULL, NULL, '{"features": {"enableCache": false}}') -> 'features' AS features;
SELECT tenant_id, project_id, name, settings FROM ideamine.projects WHERE project_id = 'default-project';
RESET ideamine.tenant_id;
SELECT ideamine.get_project_settings('acme', 'default-project') = ideamine.get_project_settings('acme') AS same;
-- a tenant that is made on first use gets its project in the same call
SELECT ideamine.set_project_settings(NULL, NULL, '{}') -> 'features' AS features;
SELECT tenant_id, project_id FROM ideamine.projects WHERE tenant_id = 'default-tenant';

-- What is named is changed, all else stays; null goes back to the default.
SELECT ideamine.set_project_settings('acme', 'search',
  '{"routing": {"defaultLayer": "L1", "maxCostPerRequest": 0.000000001}, "security": {"blockedKeywords": ["a", "b"]}}')
  - 'features' AS changed;
SELECT ideamine.set_project_settings('acme', 'search', '{"security": {"blockedKeywords": [], "scanPrompts": false}, "features": null}')
  -> 'security' AS changed;
SELECT settings FROM ideamine.projects WHERE tenant_id = 'acme' AND project_id = 'search';
SELECT ideamine.set_project_settings('acme', 'search',
  '{"routing": {"maxLayer": null, "maxCostPerRequest": null}, "security": {"scanPrompts": null, "blockedKeywords": null}}') -> 'routing' AS changed;
SELECT settings FROM ideamine.projects WHERE tenant_id = 'acme' AND project_id = 'search';
SELECT settings FROM ideamine.projects WHERE tenant_id = 'globex';

-- Everything else is refused, and changes nothing.
\set refused 'SELECT ideamine.set_project_settings(''acme'', ''search'', '
:refused NULL);
:refused '[]');
:refused '"text"');
:refused '{"colour": {}}');
:refused '{"routing": []}');
:refused '{"routing": {"defaultlayer": "L0"}}');
:refused '{"security": {"scan_prompts": true}}');
:refused '{"features": {"enableEverything": true}}');
:refused '{"routing": {"defaultLayer": "L4"}}');
:refused '{"routing": {"defaultLayer": 0}}');
:refused '{"routing": {"maxLayer": "best"}}');
:refused '{"routing": {"maxLayer": "L0"}}');
:refused '{"routing": {"defaultLayer": "L3"}}');
:refused '{"routing": {"maxCostPerRequest": -0.01}}');
:refused '{"routing": {"maxCostPerRequest": 1e400}}');
:refused '{"routing": {"maxCostPerRequest": "0.5"}}');
:refused '{"security": {"scanPrompts": "yes"}}');
:refused '{"security": {"redactSecrets": 1}}');
:refused '{"security": {"blockedKeywords": "DROP TABLE"}}');
:refused '{"security": {"blockedKeywords": ["DROP TABLE", 7]}}');
:refused '{"security": {"blockedKeywords": [""]}}');
:refused '{"features": {"enableCache": []}}');
:refused (SELECT jsonb_build_object('security', jsonb_build_object('blockedKeywords', jsonb_agg(i::text))) FROM generate_series(1, 1001) i));
:refused jsonb_build_object('security', jsonb_build_object('blockedKeywords', jsonb_build_array(repeat('x', 300000)))));
SELECT settings FROM ideamine.projects WHERE tenant_id = 'acme' AND project_id = 'search';
SELECT ideamine.set_project_settings('acme', 'nothing', '{}');
SELECT ideamine.set_project_settings('nobody', 'search', '{}');
