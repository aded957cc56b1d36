using Pentode.Core.Diagnostics;
using Pentode.Daemon.Configuration;
using Pentode.Locks.Stores;
using Pentode.Locks.Stores.Embedded;
using Pentode.Locks.Stores.Etcd;
using Pentode.Locks.Stores.Postgres;

namespace Pentode.Daemon.Services;

/// <summary>Opens the store a configuration asks for.</summary>
internal static class LocksStores
{
    /// <summary>The store, or why not in words. One that is only unreachable is opened: it is tried again by whoever uses it.</summary>
    public static async Task<(ILockStore? Store, string? Problem)> OpenAsync(LocksConfiguration configuration, ILog log)
    {
        ILockStore store;
        try
        {
            if (configuration.Etcd is { } etcd)
                store = new EtcdLockStore(etcd, log);
            else if (configuration.Postgres is { } postgres)
                store = new PostgresLockStore(postgres, log);
            else
                return (EmbeddedLockStore.Open(configuration.Directory, configuration.Cluster, log, TimeProvider.System), null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or System.Security.Cryptography.CryptographicException)
        {
            return (null, e.Message.ReplaceLineEndings(" "));
        }

        var info = await store.InfoAsync().ConfigureAwait(false);
        if (info.Outcome == StoreOutcome.Refused)
        {
            await store.DisposeAsync().ConfigureAwait(false);
            return (null, $"{store.Description}: {info.Detail ?? "refused"}");
        }

        foreach (var warning in info.Warnings.Concat(info.Alarms))
            log.Write(LogLevel.Warning, $"locks: {store.Description}: {warning}");
        return (store, null);
    }
}
