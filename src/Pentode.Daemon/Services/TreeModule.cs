using Pentode.Core;
using Pentode.Daemon.Configuration;
using Pentode.Files;

namespace Pentode.Daemon.Services;

/// <summary>A tree backend that can be configured.</summary>
/// <param name="Name">The <c>kind:</c> in the configuration.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Open">Opens it.</param>
public sealed record TreeModule(string Name, string Summary, Func<TreeExportConfiguration, Result<ITreeBackend>> Open);
