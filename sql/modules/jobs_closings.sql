-- jobs: telling all sessions what is closed.

CREATE OR REPLACE TRIGGER closings_changed AFTER INSERT OR UPDATE OF classes, opens_at OR DELETE ON ideamine.closings
  FOR EACH ROW EXECUTE FUNCTION ideamine_internal.announce_change();
CREATE OR REPLACE TRIGGER closings_emptied AFTER TRUNCATE ON ideamine.closings
  FOR EACH STATEMENT EXECUTE FUNCTION ideamine_internal.announce_change();
ALTER TABLE ideamine.closings ENABLE ALWAYS TRIGGER closings_changed;
ALTER TABLE ideamine.closings ENABLE ALWAYS TRIGGER closings_emptied;
COMMENT ON TRIGGER closings_changed ON ideamine.closings IS 'Tells all sessions, at the commit';
COMMENT ON TRIGGER closings_emptied ON ideamine.closings IS 'Tells all sessions, at the commit';
