using Pentode.Daemon.Configuration;

namespace Pentode.Daemon.Services;

/// <summary>A service the daemon can run.</summary>
/// <param name="Name">Name of its section in the configuration.</param>
/// <param name="BringsTrees">Starts before the listeners, so that they serve its trees.</param>
/// <param name="Create">Makes it, not started; null when the configuration does not ask for it.</param>
public sealed record ServiceModule(string Name, bool BringsTrees, Func<DaemonConfiguration, IDaemonService?> Create);
