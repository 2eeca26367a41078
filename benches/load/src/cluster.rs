//! Three gateways over a Redis Cluster of three primaries, beside one gateway over one Redis: whether a request costs
//! the same, as `docs/scaling.md` reckons.

use std::fmt::Write;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::gateway::{Gateway, Options};
use crate::measure::Plan;
use crate::redis::{self, Client};
use crate::report::replace_between_markers;
use crate::server::{Server, free_port};
use crate::targets::{Operation, Target};

const SIZES: [usize; 2] = [1, 3];
/// Requests a second of each gateway: the busier one is, the more it does with one system call.
const RATE: f64 = 3_000.0;
const OPERATIONS: [Operation; 3] = [Operation::Create, Operation::Exchange, Operation::GetSession];
const SLOTS: usize = 16_384;
const LIMIT: Duration = Duration::from_secs(20);

struct Side {
    gateways: Vec<Gateway>,
    targets: Vec<Target>,
    stores: Vec<Server>,
}

/// CPU seconds for 100,000 requests, of all gateways and of all Redis servers.
#[derive(Clone, Copy)]
struct Cost {
    gateways: f64,
    stores: f64,
}

/// Measures both sides in turn, and puts the table into the document.
pub fn run(plan: &Plan, document: Option<&Path>) -> io::Result<()> {
    let sides = SIZES.iter().map(|size| Side::start(plan, *size)).collect::<io::Result<Vec<_>>>()?;
    let mut text = String::from(
        "| | gateways × Redis | gateways' CPU s / 100,000 | Redis CPU s / 100,000 |\n|---|---|---|---|\n",
    );
    for operation in OPERATIONS {
        let mut costs = [const { Vec::new() }; 2];
        for _ in 0..plan.rounds {
            for (side, costs) in sides.iter().zip(&mut costs) {
                costs.push(side.measure(operation, plan.seconds)?);
            }
        }
        for (size, costs) in SIZES.iter().zip(costs) {
            let median = |of: fn(&Cost) -> f64| {
                let mut values: Vec<f64> = costs.iter().map(of).collect();
                values.sort_by(f64::total_cmp);
                values[values.len() / 2]
            };
            let (gateways, stores) = (median(|cost| cost.gateways), median(|cost| cost.stores));
            let _ =
                writeln!(text, "| {} | {size} × {size} | {gateways:.2} | {stores:.2} |", operation.name());
        }
    }
    println!("{text}");
    match document {
        Some(document) => replace_between_markers(document, "benches/load/cluster", text.trim_end()),
        None => Ok(()),
    }
}

impl Side {
    fn start(plan: &Plan, size: usize) -> io::Result<Self> {
        let (stores, store_url) = if size == 1 {
            let redis = redis::start(&plan.directory, &[])?;
            let url = format!("redis://{}/", redis.address);
            (vec![redis], url)
        } else {
            let nodes = start_cluster(&plan.directory, size)?;
            let addresses: Vec<String> = nodes.iter().map(|node| node.address.to_string()).collect();
            let url = format!("redis+cluster://{}", addresses.join(","));
            (nodes, url)
        };
        let (mut gateways, mut targets) = (Vec::new(), Vec::new());
        for _ in 0..size {
            let gateway = Gateway::start(&Options {
                binary: &plan.gateway,
                directory: &plan.directory,
                store_url: store_url.clone(),
                workers: 1,
                portals: 1,
                history_days: 0,
            })?;
            targets.push(Target::gateway_like("gateway", gateway.server.address, &gateway.root_key, &[])?);
            gateways.push(gateway);
        }
        Ok(Side { gateways, targets, stores })
    }

    /// All gateways at once, each with the same load.
    fn measure(&self, operation: Operation, seconds: f64) -> io::Result<Cost> {
        let count = (RATE * seconds) as usize;
        let requests: Vec<_> =
            self.targets.iter().map(|target| target.requests(operation, count)).collect::<Result<_, _>>()?;
        let before = self.cpu_seconds();
        std::thread::scope(|scope| {
            let sending = self.targets.iter().zip(&requests).map(|(target, requests)| {
                scope.spawn(move || target.send(requests, count, Some(RATE), |_, _| {}))
            });
            let sending: Vec<_> = sending.collect();
            sending.into_iter().try_for_each(|sent| sent.join().expect("no panic").map(drop))
        })?;
        let after = self.cpu_seconds();
        for gateway in &self.gateways {
            gateway.forget_log()?;
        }
        let per_100k = |seconds: f64| seconds / (count * self.targets.len()) as f64 * 1e5;
        Ok(Cost {
            gateways: per_100k(after.gateways - before.gateways),
            stores: per_100k(after.stores - before.stores),
        })
    }

    fn cpu_seconds(&self) -> Cost {
        Cost {
            gateways: self.gateways.iter().map(|gateway| gateway.server.cpu_seconds()).sum(),
            stores: self.stores.iter().map(Server::cpu_seconds).sum(),
        }
    }
}

/// Primaries without replicas, each with an equal part of the slots.
fn start_cluster(directory: &Path, size: usize) -> io::Result<Vec<Server>> {
    let mut nodes = Vec::new();
    // Not the usual 10,000 above its port: there may be no such port.
    let bus_ports =
        (0..size).map(|_| free_port().map(|port| port.to_string())).collect::<io::Result<Vec<_>>>()?;
    for bus_port in &bus_ports {
        let file = format!("nodes-{bus_port}.conf");
        let arguments =
            ["--cluster-enabled", "yes", "--cluster-config-file", &file, "--cluster-port", bus_port];
        nodes.push(redis::start(directory, &arguments)?);
    }
    for (index, node) in nodes.iter().enumerate() {
        let mut client = Client::connect(node)?;
        let (first, end) = (SLOTS * index / size, SLOTS * (index + 1) / size);
        client.ask(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &(end - 1).to_string()])?;
        let port = nodes[0].address.port().to_string();
        client.ask(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus_ports[0]])?;
    }
    let deadline = Instant::now() + LIMIT;
    for node in &nodes {
        let mut client = Client::connect(node)?;
        let known = format!("cluster_known_nodes:{size}");
        loop {
            let info = client.ask(&["CLUSTER", "INFO"])?.text();
            if info.contains("cluster_state:ok") && info.contains(&known) {
                break;
            }
            if Instant::now() > deadline {
                return Err(io::Error::other("the cluster does not come together"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(nodes)
}
