-- Roles of users in projects: their order, who has which, and the last owner.
SET client_min_messages = warning;
TRUNCATE ideamine.tenants, ideamine.projects, ideamine.user_roles;
SELECT ideamine.create_tenant('acme'), ideamine.create_tenant('globex');
SELECT ideamine.create_project('acme', 'search'), ideamine.create_project('globex', 'search');

-- Whoever has a role has those before it, in this project of this tenant.
SELECT ideamine.grant_role('acme', u || '-user', 'search', u) AS granted FROM unnest('{viewer,developer,admin,owner}'::text[]) AS u;
SELECT user_id, ideamine.has_role('acme', user_id, 'search', 'viewer') AS viewer, ideamine.has_role('acme', user_id, 'search', 'developer') AS developer,
       ideamine.has_role('acme', user_id, 'search', 'admin') AS admin, ideamine.has_role('acme', user_id, 'search', 'owner') AS owner,
       ideamine.has_role('globex', user_id, 'search', 'viewer') AS elsewhere, ideamine.has_role('acme', user_id, NULL, 'viewer') AS in_default
FROM (SELECT user_id FROM ideamine.user_roles ORDER BY role) AS users;
SELECT ideamine.has_role('acme', 'stranger', 'search', 'viewer') AS stranger, ideamine.has_role('acme', 'owner-user', 'nothing', 'viewer') AS no_project,
       ideamine.has_role('nobody', 'owner-user', 'search', 'viewer') AS no_tenant;

-- A user has one role in a project, which can go up and down.
SELECT ideamine.grant_role('acme', 'viewer-user', 'search', 'viewer') AS again, ideamine.grant_role('acme', 'viewer-user', 'search', 'admin') AS up,
       ideamine.grant_role('acme', 'viewer-user', 'search', 'developer') AS down;
SELECT user_id, role FROM ideamine.user_roles WHERE tenant_id = 'acme' ORDER BY user_id;
SELECT ideamine.revoke_role('acme', 'viewer-user', 'search') AS revoked, ideamine.revoke_role('acme', 'viewer-user', 'search') AS again;

-- A project keeps one owner at least.
SELECT ideamine.revoke_role('acme', 'owner-user', 'search');
SELECT ideamine.grant_role('acme', 'owner-user', 'search', 'admin');
SELECT ideamine.grant_role('acme', 'second', 'search', 'owner') AS granted, ideamine.revoke_role('acme', 'owner-user', 'search') AS revoked;
SELECT ideamine.revoke_role('acme', 'second', 'search');
-- one that never had any needs none
SELECT ideamine.grant_role('globex', 'u', 'search', 'admin') AS granted, ideamine.revoke_role('globex', 'u', 'search') AS revoked;

-- default-project is made when it is needed; no other is.
SELECT ideamine.grant_role('acme', 'u', NULL, 'viewer') AS granted;
SELECT ideamine.has_role('acme', 'u', 'default-project', 'viewer') AS has;
SELECT project_id FROM ideamine.projects WHERE tenant_id = 'acme' ORDER BY 1;
SELECT ideamine.grant_role('acme', 'u', 'nothing', 'viewer');
SELECT ideamine.revoke_role('acme', 'u', 'nothing');
SELECT ideamine.grant_role('nobody', 'u', 'search', 'viewer');

-- Misuse.
SELECT ideamine.grant_role('acme', 'u', 'search', 'god');
SELECT ideamine.grant_role('acme', 'u', 'search', NULL);
SELECT ideamine.grant_role('acme', NULL, 'search', 'viewer');
SELECT ideamine.grant_role('acme', '', 'search', 'viewer');
SELECT ideamine.grant_role('acme', 'u', '', 'viewer');
SELECT ideamine.has_role('acme', 'u', 'search', 'Viewer');
SELECT ideamine.has_role('acme', 'u', 'search', NULL);
SELECT ideamine.has_role('acme', NULL, 'search', 'viewer');
SELECT ideamine.revoke_role('acme', NULL, 'search');

-- Without its project there are no roles in it.
DELETE FROM ideamine.projects WHERE tenant_id = 'acme' AND project_id = 'search';
SELECT tenant_id, project_id, user_id, role FROM ideamine.user_roles;
