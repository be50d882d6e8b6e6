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
	warmup BIGINT NOT NULL, 
	repeats BIGINT NOT NULL, 
	started VARCHAR NOT NULL, 
	finished VARCHAR NOT NULL, 
	error_class VARCHAR, 
	error_message VARCHAR, 
	model_sha256 VARCHAR, 
	image_crc32 BIGINT, 
	image_bytes BIGINT, 
	dataset VARCHAR, 
	dataset_sha256 VARCHAR, 
	inputs BIGINT, 
	build_id VARCHAR, 
	compiler VARCHAR, 
	flags VARCHAR, 
	library_name VARCHAR, 
	library_version VARCHAR, 
	library_tree_hash VARCHAR, 
	tool_versions VARCHAR NOT NULL, 
	clock_hz BIGINT, 
	counter_name VARCHAR, 
	counter_resolution DOUBLE, 
	arena_bytes BIGINT, 
	arena_lower_bound BIGINT, 
	weight_bytes BIGINT, 
	firmware_flash_bytes BIGINT, 
	firmware_ram_bytes BIGINT, 
	macs BIGINT, 
	link_interrupts BIGINT, 
	PRIMARY KEY (number), 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "cases" VALUES(1,'0123456789abcdef','ok','mps2-an500','Arm MPS2+ AN500 (Cortex-M7), QEMU','cortex-m7','simulated','cmsis-nn','O2','kws',1,1,'2024-05-17T08:30:00.000250+00:00','2024-05-17T08:30:41.500250+00:00',NULL,NULL,'abababababababababababababababababababababababababababababababab',3735928559,40960,'mlperf:kws01','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd',1000,'00112233445566778899aabbccddeeff00112233','arm-none-eabi-gcc 12.2.1','-O2 -mcpu=cortex-m7','CMSIS-NN','V.12.5.1','efefefefefefefefefefefefefefefefefefefef','{"harness": "0.1.0", "pyocd": "0.36.0", "qemu": "7.2.5"}',25000000,'systick-icount',40.0,16384,16000,22604,24576,8192,2656768,0);
INSERT INTO "cases" VALUES(2,'0123456789abcdef','failed','mps2-an500','Arm MPS2+ AN500 (Cortex-M7), QEMU','cortex-m7','simulated','cmsis-nn','O2','kws',1,1,'2024-05-17T08:30:00.000250+00:00','2024-05-17T08:30:41.500250+00:00','SimulatorDied','QEMU was killed by signal 9
  -> run it again','abababababababababababababababababababababababababababababababab',3735928559,40960,'mlperf:kws01','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd',1000,'00112233445566778899aabbccddeeff00112233','arm-none-eabi-gcc 12.2.1','-O2 -mcpu=cortex-m7','CMSIS-NN','V.12.5.1','efefefefefefefefefefefefefefefefefefefef','{"harness": "0.1.0", "pyocd": "0.36.0", "qemu": "7.2.5"}',25000000,'systick-icount',40.0,16384,16000,22604,24576,8192,2656768,NULL);
CREATE TABLE harness_schema (
	version BIGINT NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "harness_schema" VALUES(1);
CREATE TABLE readings (
	case_number INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	quantity VARCHAR NOT NULL, 
	reason VARCHAR, 
	value DOUBLE, 
	unit VARCHAR, 
	n BIGINT, 
	minimum DOUBLE, 
	maximum DOUBLE, 
	fidelity VARCHAR, 
	instrument VARCHAR, 
	method VARCHAR, 
	resolution DOUBLE, 
	PRIMARY KEY (case_number, position), 
	FOREIGN KEY(case_number) REFERENCES cases (number) ON DELETE CASCADE
);
INSERT INTO "readings" VALUES(1,0,'instructions',NULL,7628160.0,'instructions',1000,7628160.0,7628160.0,'simulated','systick-icount','counter restarted per window; median',40.0);
INSERT INTO "readings" VALUES(1,1,'accuracy',NULL,0.901,'fraction',1000,0.901,0.901,'simulated','device outputs','top-1',0.001);
INSERT INTO "readings" VALUES(1,2,'vectors_equal',NULL,991.0,'samples',1000,0.0,1000.0,'simulated','device outputs','top-1',1.0);
INSERT INTO "readings" VALUES(1,3,'largest_difference',NULL,1.0,'LSB',1000,0.0,1.0,'simulated','device outputs','top-1',1.0);
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
CREATE INDEX ix_cases_run_id ON cases (run_id);
COMMIT;
