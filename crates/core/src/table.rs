//! The operation table: one row an operation, from which come [`Operation`](crate::Operation), the forwards for
//! pointers, [`Layered`](crate::Layered) and [`Checked`](crate::Checked).
//!
//! A row: the layer's hook, the method, the operation, flags, arguments, what it yields.
//! Flags: `again` (may be sent twice) or `once`; then `on ARG` (a `&str` or `&ImageRef` that names the target) or
//! `makes ARG` (a configuration that may wish a name); then `as ARG` (the name that the target is to have from then on),
//! or `body ARG` (a body that may be spent).
//! An argument's name says how it is checked: `id` and `container` are containers, `reference` an image,
//! `volume`, `network`, `name` (a container's new name), `path` (inside a container), `term`.
//!
//! A macro that wants rows is called as `system_ops!(go prefix…)` and receives `prefix… Group rows…`.

macro_rules! system_ops { ($go:ident $($x:tt)*) => { $go! { $($x)* SystemOps
    around info       Info      [again] () -> Info;
    around login      Login     [once]  (credentials: Credentials) -> Login;
    around close      Close     [again] () -> ();
    around ping       Ping      [again] () -> Ping;
    around version    Version   [again] () -> Version;
    around disk_usage DiskUsage [again] (options: DiskUsageOptions) -> DiskUsage;
} } }

macro_rules! container_ops { ($go:ident $($x:tt)*) => { $go! { $($x)* ContainerOps
    around         create_container  CreateContainer  [once makes config] (config: ContainerConfig) -> CreatedContainer;
    around         start_container   StartContainer   [again on id] (id: &str, options: StartOptions) -> ();
    around         stop_container    StopContainer    [again on id] (id: &str, options: StopOptions) -> ();
    around         remove_container  RemoveContainer  [once on id]  (id: &str, options: RemoveOptions) -> ();
    around         inspect_container InspectContainer [again on id] (id: &str, options: InspectOptions) -> ContainerInfo;
    around         list_containers   ListContainers   [again]       (options: ListOptions) -> Vec<ContainerSummary>;
    around_pending wait_container    WaitContainer    [once on id]  (id: &str, options: WaitOptions) -> Pending<Exit>;
    around         exec_container    ExecContainer    [once on id]  (id: &str, config: ExecConfig) -> ExecOutput;
    around_stream  container_logs    ContainerLogs    [again on id] (id: &str, options: LogsOptions) -> Items<LogChunk>;
    around         pause_container   PauseContainer   [once on id]  (id: &str) -> ();
    around         unpause_container UnpauseContainer [once on id]  (id: &str) -> ();
    around         restart_container RestartContainer [once on id]  (id: &str, options: RestartOptions) -> ();
    around         kill_container    KillContainer    [once on id]  (id: &str, options: KillOptions) -> ();
    around         rename_container  RenameContainer  [once on id as name] (id: &str, name: &str) -> ();
    around         update_container  UpdateContainer  [again on id] (id: &str, options: UpdateOptions) -> Updated;
    around_session start_exec        StartExec        [once on id]  (id: &str, config: ExecConfig) -> Session;
    around_session attach_container  AttachContainer  [once on id]  (id: &str, options: AttachOptions) -> Session;
    around_stream  container_stats   ContainerStats   [again on id] (id: &str, options: StatsOptions) -> Items<Stats>;
    around         container_top     ContainerTop     [again on id] (id: &str, options: TopOptions) -> ProcessList;
    around         container_changes ContainerChanges [again on id] (id: &str) -> Vec<Change>;
    around         upload_archive    UploadArchive    [again on id body body] (id: &str, path: &str, body: Body, options: UploadOptions) -> ();
    around_stream  download_archive  DownloadArchive  [again on id] (id: &str, path: &str, options: DownloadOptions) -> Items<Bytes>;
    around_stream  export_container  ExportContainer  [again on id] (id: &str) -> Items<Bytes>;
    around         commit_container  CommitContainer  [once on id]  (id: &str, options: CommitOptions) -> ImageId;
    around         prune_containers  PruneContainers  [once]        (options: PruneContainersOptions) -> Pruned;
} } }

macro_rules! image_ops { ($go:ident $($x:tt)*) => { $go! { $($x)* ImageOps
    around_stream  pull_image        PullImage        [again on reference] (reference: &ImageRef, options: PullOptions) -> Items<PullProgress>;
    around         inspect_image     InspectImage     [again on reference] (reference: &str, options: InspectImageOptions) -> ImageInfo;
    around         list_images       ListImages       [again]              (options: ListImagesOptions) -> Vec<ImageSummary>;
    around         remove_image      RemoveImage      [once on reference]  (reference: &str, options: RemoveImageOptions) -> RemovedImages;
    around         prune_images      PruneImages      [once]               (options: PruneImagesOptions) -> Pruned;
    around         tag_image         TagImage         [again on reference] (reference: &str, target: &ImageRef) -> ();
    around_stream  push_image        PushImage        [again on reference] (reference: &ImageRef, options: PushOptions) -> Items<PushProgress>;
    around_stream  build_image       BuildImage       [once body body]     (body: Body, options: BuildOptions) -> Items<BuildProgress>;
    around         image_history     ImageHistory     [again on reference] (reference: &str) -> Vec<HistoryEntry>;
    around_stream  load_images       LoadImages       [once body body]     (body: Body, options: LoadOptions) -> Items<LoadProgress>;
    around_stream  save_images       SaveImages       [again]              (references: &[String]) -> Items<Bytes>;
    around         import_image      ImportImage      [once on reference body body] (reference: &ImageRef, body: Body, options: ImportOptions) -> ImageId;
    around         search_images     SearchImages     [again]              (term: &str, options: SearchOptions) -> Vec<SearchResult>;
} } }

macro_rules! event_ops { ($go:ident $($x:tt)*) => { $go! { $($x)* EventOps
    around_stream  events Events [again] (options: EventsOptions) -> Items<Event>;
} } }

macro_rules! volume_ops { ($go:ident $($x:tt)*) => { $go! { $($x)* VolumeOps
    around create_volume  CreateVolume  [again makes config] (config: VolumeConfig) -> VolumeInfo;
    around inspect_volume InspectVolume [again on volume]    (volume: &str) -> VolumeInfo;
    around list_volumes   ListVolumes   [again]              (options: ListVolumesOptions) -> Vec<VolumeInfo>;
    around remove_volume  RemoveVolume  [once on volume]     (volume: &str, options: RemoveVolumeOptions) -> ();
    around prune_volumes  PruneVolumes  [once]               (options: PruneVolumesOptions) -> Pruned;
} } }

macro_rules! network_ops { ($go:ident $($x:tt)*) => { $go! { $($x)* NetworkOps
    around create_network     CreateNetwork     [once makes config] (config: NetworkConfig) -> NetworkInfo;
    around inspect_network    InspectNetwork    [again on network]  (network: &str) -> NetworkInfo;
    around list_networks      ListNetworks      [again]             (options: ListNetworksOptions) -> Vec<NetworkInfo>;
    around remove_network     RemoveNetwork     [once on network]   (network: &str) -> ();
    around prune_networks     PruneNetworks     [once]              (options: PruneNetworksOptions) -> Pruned;
    around connect_network    ConnectNetwork    [once on network]   (network: &str, container: &str, options: ConnectOptions) -> ();
    around disconnect_network DisconnectNetwork [once on network]   (network: &str, container: &str, options: DisconnectOptions) -> ();
} } }

pub(crate) use {container_ops, event_ops, image_ops, network_ops, system_ops, volume_ops};
