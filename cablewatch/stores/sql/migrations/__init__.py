"""The revisions of the tables. One that was released is never changed; a change is a new one."""
