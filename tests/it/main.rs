//! End-to-end tests: the real binary and library against real servers and a stand-in for the Akamai API.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod addresses;
#[cfg(test)]
mod blocked;
#[cfg(test)]
mod completions;
#[cfg(test)]
mod concurrent_model;
#[cfg(test)]
mod config;
#[cfg(test)]
mod customers;
#[cfg(test)]
mod deployments;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod doctor_credentials;
#[cfg(test)]
mod doctor_permissions;
#[cfg(test)]
mod doctor_servers;
#[cfg(test)]
mod embedded;
#[cfg(test)]
mod exit;
#[cfg(test)]
mod failover;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod get;
#[cfg(test)]
mod get_cluster;
#[cfg(test)]
mod get_contracts;
#[cfg(test)]
mod get_degraded;
#[cfg(test)]
mod get_refresh;
#[cfg(test)]
mod get_stampede;
mod get_unknown;
#[cfg(test)]
mod guarded;
#[cfg(test)]
mod hit_rate;
#[cfg(test)]
mod hit_rate_history;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod hostile_files;
#[cfg(test)]
mod hosts_claimed;
mod hosts_incomplete;
mod hosts_rowless;
#[cfg(test)]
mod inactive_hosts;
#[cfg(test)]
mod inspect;
#[cfg(test)]
mod inspect_lists;
#[cfg(test)]
mod invalidate;
#[cfg(test)]
mod invalidate_again;
#[cfg(test)]
mod invalidate_arrangements;
#[cfg(test)]
mod invalidate_details;
#[cfg(test)]
mod invalidate_limits;
#[cfg(test)]
mod invalidate_many;
#[cfg(test)]
mod invalidate_model;
#[cfg(test)]
mod invalidate_refill;
#[cfg(test)]
mod invalidate_removal;
#[cfg(test)]
mod invalidate_shown;
#[cfg(test)]
mod invalidate_trouble;
#[cfg(test)]
mod json_reference;
#[cfg(test)]
mod least_privilege;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod locks;
#[cfg(test)]
mod many_ids;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod pipelines;
#[cfg(test)]
mod probes;
#[cfg(test)]
mod quiet;
#[cfg(test)]
mod refill_watch;
mod refusals;
#[cfg(test)]
mod replicas;
mod replicas_behind;
#[cfg(test)]
mod scans;
#[cfg(test)]
mod search;
#[cfg(test)]
mod search_stale;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod services;
#[cfg(test)]
mod services_refusing;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod source;
#[cfg(test)]
mod stale_embeds;
mod stale_evidence;
#[cfg(test)]
mod stale_gone;
mod stale_partial;
#[cfg(test)]
mod stats;
#[cfg(test)]
mod stats_output;
#[cfg(test)]
mod stats_trouble;
#[cfg(test)]
mod store;
#[cfg(test)]
mod store_cluster;
#[cfg(test)]
mod store_guarded;
#[cfg(test)]
mod store_locks;
#[cfg(test)]
mod store_sentinel;
#[cfg(test)]
mod store_tls;
#[cfg(test)]
mod store_values;
#[cfg(test)]
mod store_waits;
#[cfg(test)]
mod support;
#[cfg(test)]
mod test_proxy;
#[cfg(test)]
mod undo;
#[cfg(test)]
mod undo_files;
mod undo_newer;
#[cfg(test)]
mod undo_since;
#[cfg(test)]
mod unicode_hosts;
#[cfg(test)]
mod unknown_customers;
#[cfg(test)]
mod waiting;
#[cfg(test)]
mod warm;
#[cfg(test)]
mod warm_beside;
#[cfg(test)]
mod warm_check;
#[cfg(test)]
mod warm_each;
#[cfg(test)]
mod warm_faults;
#[cfg(test)]
mod warm_force;
#[cfg(test)]
mod warm_generations;
#[cfg(test)]
mod warm_hash_lost;
#[cfg(test)]
mod warm_ids;
#[cfg(test)]
mod warm_keep;
#[cfg(test)]
mod warm_keep_asks;
#[cfg(test)]
mod warm_keep_trouble;
#[cfg(test)]
mod warm_late;
mod warm_locks;
#[cfg(test)]
mod warm_marks;
#[cfg(test)]
mod warm_misses;
#[cfg(test)]
mod warm_pairs;
#[cfg(test)]
mod warm_plans;
#[cfg(test)]
mod warm_recordings;
#[cfg(test)]
mod warm_resume;
#[cfg(test)]
mod warm_rules;
#[cfg(test)]
mod warm_simulation;
#[cfg(test)]
mod warm_since;
#[cfg(test)]
mod warm_since_model;
#[cfg(test)]
mod warm_stale;
