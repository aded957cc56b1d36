using Pentode.Blocks;
using Pentode.Core;
using Pentode.Daemon.Configuration;

namespace Pentode.Daemon.Services;

/// <summary>A block backend that can be configured.</summary>
/// <param name="Name">Kind.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Open">Opens it.</param>
public sealed record BlockModule(string Name, string Summary, Func<BlockExportConfiguration, Result<IBlockBackend>> Open);
