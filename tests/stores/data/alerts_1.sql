PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE alert_cables (
	cable TEXT NOT NULL, 
	alert_id TEXT NOT NULL, 
	PRIMARY KEY (cable, alert_id)
);
INSERT INTO "alert_cables" VALUES('bcs','a');
INSERT INTO "alert_cables" VALUES('c-lion','a');
INSERT INTO "alert_cables" VALUES('bcs','c');
INSERT INTO "alert_cables" VALUES('c-lion','c');
CREATE TABLE alert_history (
	alert_id TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	hash TEXT NOT NULL, 
	record TEXT NOT NULL, 
	PRIMARY KEY (alert_id, version), 
	UNIQUE (alert_id, hash)
);
INSERT INTO "alert_history" VALUES('a',1,'98e0a7d25e8cc2c89f846d04dfeb7bd2f74041cc777f75aece2f77911d4137d4','{"cables":[{"angle_deg":90.0,"id":"bcs","inferred":false,"km":1.0,"sog_kn":7.0,"time":"2024-11-17T08:00:00Z"}],"config_hash":"c","ended":null,"evidence":[{"contribution":1.5,"name":"speed","text":"0.70 of its own speed","unit":"","value":0.7}],"geometry_confidence":"charted","id":"a","incident_id":"i","kind":"anchor_drag","mmsi":414270000,"name":"YI PENG 3","next_cables":[{"distance_m":1000.0,"eta":"2024-11-17T09:00:00Z","id":"c-lion"}],"observed":null,"probability":0.5,"raised":"2024-11-17T08:00:00Z","refers_to":null,"review":"new","rule_version":"1","severity":"critical","source":"test","started":"2024-11-17T08:00:00Z","state":"open","stations":["2"],"suppressed_by":[],"track":[[19.0,57.0,"2024-11-17T08:00:00Z"],[19.5,57.5,"2024-11-17T08:01:00Z"]],"updated":"2024-11-17T08:01:00Z"}');
INSERT INTO "alert_history" VALUES('b',1,'3a85d454f4e10264c3062af5d9e80224ca8a51882c370820148e78953e4374bf','{"cables":[],"config_hash":"c","ended":null,"evidence":[{"contribution":1.5,"name":"speed","text":"0.70 of its own speed","unit":"","value":0.7}],"geometry_confidence":"charted","id":"b","incident_id":"i","kind":"loitering","mmsi":1,"name":"Åland''s","next_cables":[],"observed":null,"probability":0.5,"raised":"2024-11-17T08:00:00Z","refers_to":null,"review":"new","rule_version":"1","severity":"watch","source":"test","started":"2024-11-17T08:00:00Z","state":"open","stations":["2"],"suppressed_by":[],"track":[],"updated":"2024-11-17T08:00:00Z"}');
INSERT INTO "alert_history" VALUES('a',2,'22f50e32ca3f011e04b5e191d4ee95a9e60b02f23048e1b832ddbc6344ae0c6f','{"cables":[{"angle_deg":90.0,"id":"bcs","inferred":false,"km":1.0,"sog_kn":7.0,"time":"2024-11-17T08:00:00Z"}],"config_hash":"c","ended":null,"evidence":[{"contribution":1.5,"name":"speed","text":"0.70 of its own speed","unit":"","value":0.7}],"geometry_confidence":"charted","id":"a","incident_id":"i","kind":"anchor_drag","mmsi":414270000,"name":"YI PENG 3","next_cables":[{"distance_m":1000.0,"eta":"2024-11-17T09:00:00Z","id":"c-lion"}],"observed":null,"probability":0.5,"raised":"2024-11-17T08:00:00Z","refers_to":null,"review":"new","rule_version":"1","severity":"watch","source":"test","started":"2024-11-17T08:00:00Z","state":"open","stations":["2"],"suppressed_by":[],"track":[[19.0,57.0,"2024-11-17T08:00:00Z"],[19.5,57.5,"2024-11-17T08:01:00Z"]],"updated":"2024-11-17T08:00:00Z"}');
INSERT INTO "alert_history" VALUES('c',1,'f86ad3a5723779f0af1d68b8310a28e77e14a20b613fe780a3427592ddad0317','{"cables":[{"angle_deg":90.0,"id":"bcs","inferred":false,"km":1.0,"sog_kn":7.0,"time":"2024-11-17T08:00:00Z"}],"config_hash":"c","ended":"2024-11-17T08:00:00.001Z","evidence":[{"contribution":1.5,"name":"speed","text":"0.70 of its own speed","unit":"","value":0.7}],"geometry_confidence":"charted","id":"c","incident_id":"i","kind":"anchor_drag","mmsi":414270000,"name":"YI PENG 3","next_cables":[{"distance_m":1000.0,"eta":"2024-11-17T09:00:00Z","id":"c-lion"}],"observed":null,"probability":null,"raised":"2024-11-17T08:00:00Z","refers_to":null,"review":"new","rule_version":"1","severity":"watch","source":"test","started":"2024-11-17T08:00:00Z","state":"closed","stations":["2"],"suppressed_by":[],"track":[[179.5,10.0,"2024-11-17T08:00:00Z"],[-179.5,10.0,"2024-11-17T08:00:00.001Z"]],"updated":"2024-11-17T08:00:00Z"}');
CREATE TABLE alerts (
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	severity INTEGER NOT NULL, 
	mmsi INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	raised_ms BIGINT NOT NULL, 
	updated_ms BIGINT NOT NULL, 
	record TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "alerts" VALUES('a','anchor_drag',3,414270000,'open',1731830400000,1731830460000,'{"cables":[{"angle_deg":90.0,"id":"bcs","inferred":false,"km":1.0,"sog_kn":7.0,"time":"2024-11-17T08:00:00Z"}],"config_hash":"c","ended":null,"evidence":[{"contribution":1.5,"name":"speed","text":"0.70 of its own speed","unit":"","value":0.7}],"geometry_confidence":"charted","id":"a","incident_id":"i","kind":"anchor_drag","mmsi":414270000,"name":"YI PENG 3","next_cables":[{"distance_m":1000.0,"eta":"2024-11-17T09:00:00Z","id":"c-lion"}],"observed":null,"probability":0.5,"raised":"2024-11-17T08:00:00Z","refers_to":null,"review":"new","rule_version":"1","severity":"critical","source":"test","started":"2024-11-17T08:00:00Z","state":"open","stations":["2"],"suppressed_by":[],"track":[[19.0,57.0,"2024-11-17T08:00:00Z"],[19.5,57.5,"2024-11-17T08:01:00Z"]],"updated":"2024-11-17T08:01:00Z"}');
INSERT INTO "alerts" VALUES('b','loitering',1,1,'open',1731830400000,1731830400000,'{"cables":[],"config_hash":"c","ended":null,"evidence":[{"contribution":1.5,"name":"speed","text":"0.70 of its own speed","unit":"","value":0.7}],"geometry_confidence":"charted","id":"b","incident_id":"i","kind":"loitering","mmsi":1,"name":"Åland''s","next_cables":[],"observed":null,"probability":0.5,"raised":"2024-11-17T08:00:00Z","refers_to":null,"review":"new","rule_version":"1","severity":"watch","source":"test","started":"2024-11-17T08:00:00Z","state":"open","stations":["2"],"suppressed_by":[],"track":[],"updated":"2024-11-17T08:00:00Z"}');
INSERT INTO "alerts" VALUES('c','anchor_drag',1,414270000,'closed',1731830400000,1731830400000,'{"cables":[{"angle_deg":90.0,"id":"bcs","inferred":false,"km":1.0,"sog_kn":7.0,"time":"2024-11-17T08:00:00Z"}],"config_hash":"c","ended":"2024-11-17T08:00:00.001Z","evidence":[{"contribution":1.5,"name":"speed","text":"0.70 of its own speed","unit":"","value":0.7}],"geometry_confidence":"charted","id":"c","incident_id":"i","kind":"anchor_drag","mmsi":414270000,"name":"YI PENG 3","next_cables":[{"distance_m":1000.0,"eta":"2024-11-17T09:00:00Z","id":"c-lion"}],"observed":null,"probability":null,"raised":"2024-11-17T08:00:00Z","refers_to":null,"review":"new","rule_version":"1","severity":"watch","source":"test","started":"2024-11-17T08:00:00Z","state":"closed","stations":["2"],"suppressed_by":[],"track":[[179.5,10.0,"2024-11-17T08:00:00Z"],[-179.5,10.0,"2024-11-17T08:00:00.001Z"]],"updated":"2024-11-17T08:00:00Z"}');
CREATE INDEX ix_alerts_mmsi ON alerts (mmsi);
CREATE INDEX alerts_by_raised ON alerts (raised_ms, id);
CREATE INDEX ix_alert_cables_alert_id ON alert_cables (alert_id);
COMMIT;
