using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Fuse;

namespace Pentode.Daemon.Services;

/// <summary>Shows exports of the daemon as file systems of its host, as <c>mounts:</c> says.</summary>
internal sealed class MountService(IReadOnlyList<MountConfiguration> configuration) : IDaemonService
{
    private readonly List<FuseMount> _mounts = [];

    /// <inheritdoc/>
    public IReadOnlyList<ServedExport> Exports => [.. _mounts.Select(MountStatus.Of)];

    /// <inheritdoc/>
    public async Task<StartFailure?> StartAsync(ServiceContext context)
    {
        for (var i = 0; i < configuration.Count; i++)
        {
            var wanted = configuration[i];
            if (context.Volumes.FirstOrDefault(v => v.Name == wanted.Export) is not { } volume)
            {
                var hint = NearestName.Hint(wanted.Export, context.Volumes.Select(v => v.Name));
                return new StartFailure(ExitCode.Configuration, $"cannot mount on {wanted.Path}: there is no export '{wanted.Export}'{hint}");
            }

            var loop = context.Loops[i % context.Loops.Count];
            var options = wanted.Options with { Source = volume.Name, Log = context.Log };
            var (mount, problem) = await Task.Run(() => FuseMount.Create(wanted.Path, volume, loop, options)).ConfigureAwait(false);
            if (mount is null)
                return new StartFailure(ExitCode.CannotOpenExport, problem!);
            _mounts.Add(mount);
            context.Log.Write(LogLevel.Info, $"{volume.Name} is mounted on {mount.Path}");
        }

        return null;
    }

    /// <inheritdoc/>
    public Task StopAsync() => Task.WhenAll(_mounts.Select(static m => m.UnmountAsync()));
}
