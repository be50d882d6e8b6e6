BEGIN TRANSACTION;
CREATE TABLE cases (
	number INTEGER NOT NULL, 
	run_id VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	target_id VARCHAR NOT NULL, 
	target_title VARCHAR NOT NULL, 
	core VARCHAR NOT NULL, 
	fidelity VARCHAR NOT NULL, 
	kernel_set VARCHAR NOT NULL, 
	variant VARCHAR NOT NULL, 
	model VARCHAR NOT NULL, 
	started VARCHAR NOT NULL, 
	finished VARCHAR NOT NULL, 
	tool_versions VARCHAR NOT NULL, 
	warmup BIGINT NOT NULL, 
	repeats BIGINT NOT NULL, 
	error_class VARCHAR, 
	error_message VARCHAR, 
	model_sha256 VARCHAR, 
	dataset VARCHAR, 
	dataset_sha256 VARCHAR, 
	build_id VARCHAR, 
	compiler VARCHAR, 
	flags VARCHAR, 
	library_name VARCHAR, 
	library_version VARCHAR, 
	library_tree_hash VARCHAR, 
	counter_name VARCHAR, 
	image_crc32 BIGINT, 
	image_bytes BIGINT, 
	inputs BIGINT, 
	clock_hz BIGINT, 
	arena_bytes BIGINT, 
	arena_lower_bound BIGINT, 
	weight_bytes BIGINT, 
	firmware_flash_bytes BIGINT, 
	firmware_ram_bytes BIGINT, 
	macs BIGINT, 
	link_interrupts BIGINT, 
	counter_resolution DOUBLE, aliases VARCHAR, operator_kernels VARCHAR, frames_repeated BIGINT, incidents VARCHAR, id VARCHAR, 
	PRIMARY KEY (number), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "cases" VALUES(1,'0123456789abcdef','ok','mps2-an500','Arm MPS2+ AN500 (Cortex-M7), QEMU','Cortex-M7','simulated','cmsis-nn','O2','kws','2024-05-17T08:30:00.000250+00:00','2024-05-17T08:30:41.500250+00:00','{"harness": "0.1.0", "pyocd": "0.36.0", "qemu": "7.2.5"}',1,1,NULL,NULL,'abababababababababababababababababababababababababababababababab','mlperf:kws01','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','00112233445566778899aabbccddeeff00112233','arm-none-eabi-gcc 12.2.1','-O2 -mcpu=cortex-m7','CMSIS-NN','V.12.5.1','efefefefefefefefefefefefefefefefefefefef','systick-icount',3735928559,40960,1000,25000000,16384,16000,22604,24576,8192,2656768,0,40.0,NULL,NULL,NULL,NULL,'0123456789abcdef-1');
INSERT INTO "cases" VALUES(2,'0123456789abcdef','failed','mps2-an500','Arm MPS2+ AN500 (Cortex-M7), QEMU','Cortex-M7','simulated','cmsis-nn','O2','kws','2024-05-17T08:30:00.000250+00:00','2024-05-17T08:30:41.500250+00:00','{"harness": "0.1.0", "pyocd": "0.36.0", "qemu": "7.2.5"}',1,1,'SimulatorDied','QEMU was killed by signal 9
  -> run it again','abababababababababababababababababababababababababababababababab','mlperf:kws01','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd','00112233445566778899aabbccddeeff00112233','arm-none-eabi-gcc 12.2.1','-O2 -mcpu=cortex-m7','CMSIS-NN','V.12.5.1','efefefefefefefefefefefefefefefefefefefef','systick-icount',3735928559,40960,1000,25000000,16384,16000,22604,24576,8192,2656768,NULL,40.0,NULL,NULL,NULL,NULL,'0123456789abcdef-2');
CREATE TABLE harness_schema (
	version BIGINT NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "harness_schema" VALUES(5);
CREATE TABLE raw_data (
	sha256 VARCHAR NOT NULL, 
	kept VARCHAR NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (sha256)
);
CREATE TABLE raw_references (
	case_number INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	PRIMARY KEY (case_number, kind), 
	FOREIGN KEY(case_number) REFERENCES cases (number) ON DELETE CASCADE
);
CREATE TABLE readings (
	case_number INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	quantity VARCHAR NOT NULL, 
	reason VARCHAR, 
	unit VARCHAR, 
	fidelity VARCHAR, 
	instrument VARCHAR, 
	method VARCHAR, 
	value DOUBLE, 
	minimum DOUBLE, 
	maximum DOUBLE, 
	resolution DOUBLE, 
	n BIGINT, 
	PRIMARY KEY (case_number, position), 
	FOREIGN KEY(case_number) REFERENCES cases (number) ON DELETE CASCADE
);
INSERT INTO "readings" VALUES(1,0,'instructions',NULL,'instructions','simulated','systick-icount','counter restarted per window; median',7628160.0,7628160.0,7628160.0,40.0,1000);
INSERT INTO "readings" VALUES(1,1,'accuracy',NULL,'fraction','simulated','device outputs','top-1',0.901,0.901,0.901,0.001,1000);
INSERT INTO "readings" VALUES(1,2,'vectors_equal',NULL,'samples','simulated','device outputs','top-1',991.0,0.0,1000.0,1.0,1000);
INSERT INTO "readings" VALUES(1,3,'largest_difference',NULL,'LSB','simulated','device outputs','top-1',1.0,0.0,1.0,1.0,1000);
CREATE TABLE runs (
	number INTEGER NOT NULL, 
	id VARCHAR NOT NULL, 
	started VARCHAR NOT NULL, 
	command_line VARCHAR NOT NULL, 
	git_commit VARCHAR, 
	git_dirty BIGINT, 
	host VARCHAR NOT NULL, 
	harness_version VARCHAR NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (id)
);
INSERT INTO "runs" VALUES(1,'0123456789abcdef','2024-05-17T08:30:00.000250+00:00','harness run --target mps2-an500','5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c',0,'desk','0.1.0');
CREATE TABLE tags (
	name VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	PRIMARY KEY (name, run_id), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
CREATE INDEX ix_cases_run_id ON cases (run_id);
CREATE UNIQUE INDEX ix_cases_id ON cases (id);
CREATE INDEX ix_runs_started ON runs (started);
CREATE INDEX ix_runs_git_commit ON runs (git_commit);
CREATE INDEX ix_cases_what ON cases (target_id, model, kernel_set, variant);
CREATE INDEX ix_cases_model ON cases (model);
CREATE INDEX ix_cases_started ON cases (started);
CREATE INDEX ix_tags_run_id ON tags (run_id);
CREATE INDEX ix_raw_references_sha256 ON raw_references (sha256);
COMMIT;
