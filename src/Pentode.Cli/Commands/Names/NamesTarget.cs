using System.CommandLine;
using System.Text.Json;
using Pentode.Core.Diagnostics;
using Pentode.Daemon.Admin;
using Pentode.Daemon.Services;
using Pentode.Names.Catalog;
using Pentode.Names.Stores;
using Pentode.Names.Stores.Postgres;
using Pentode.Names.Stores.Sqlite;

namespace Pentode.Cli.Commands.Names;

/// <summary>Where the verbs of <c>pentode names</c> find the namespace: the running daemon, or with --store a store that no daemon has.</summary>
internal sealed class NamesTarget : IAsyncDisposable
{
    /// <summary>Most bytes of content in one request to a daemon.</summary>
    public const int MaximumContent = 40 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly string _control;
    private readonly CatalogStore? _store;

    private NamesTarget(string control, CatalogStore? store)
    {
        _control = control;
        _store = store;
    }

    /// <summary>The store when it is open here; null when a daemon has it.</summary>
    public CatalogStore? Store => _store;

    /// <summary>The option --store.</summary>
    public static Option<string?> StoreOption() => new("--store")
    {
        Description = "SQLite file, or connection string of PostgreSQL (Host=…;Database=…), to work on without a daemon. By default the running daemon is asked.",
        HelpName = "STORE",
    };

    /// <summary>The option --json.</summary>
    public static Option<bool> JsonOption() => new("--json") { Description = "One JSON array of objects." };

    /// <summary>Opens a store; null after saying why not. A SQLite file is made when it is not there only with <paramref name="mayMake"/>.</summary>
    public static async Task<CatalogStore?> OpenStore(string store, bool mayMake)
    {
        try
        {
            if (store.Contains('=', StringComparison.Ordinal))
                return await PostgresCatalog.Open(store, new CatalogOptions(), new StreamLog(Console.Error, LogLevel.Warning, isJson: false)).ConfigureAwait(false);
            var path = Path.GetFullPath(store);
            if (!mayMake && !File.Exists(path))
            {
                await Console.Error.WriteLineAsync($"pentode: there is no store {path}; 'pentode names init --store {ShellWord.Quote(path)}' makes one").ConfigureAwait(false);
                return null;
            }

            return await SqliteCatalog.Open(path, new CatalogOptions(), new StreamLog(Console.Error, LogLevel.Warning, isJson: false)).ConfigureAwait(false);
        }
        catch (CatalogOpenException e)
        {
            await Console.Error.WriteLineAsync($"pentode: {e.Message}; if a daemon has it, leave out --store: it is asked then").ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>The target of a command line; null after saying why there is none.</summary>
    public static async Task<NamesTarget?> Open(string? store, string control)
    {
        if (store is null)
            return new NamesTarget(control, null);
        var opened = await OpenStore(store, mayMake: false).ConfigureAwait(false);
        return opened is null ? null : new NamesTarget(control, opened);
    }

    /// <summary>One request; null after saying what went wrong.</summary>
    public async Task<NamesAnswer?> Ask(NamesRequest request)
    {
        NamesAnswer? answer;
        if (_store is not null)
        {
            answer = await new NamesAdministrator(_store).Do(request).ConfigureAwait(false);
        }
        else
        {
            var (line, problem) = await ControlClient.AskAsync(_control, new ControlRequest("names", request), s_patience).ConfigureAwait(false);
            if (line is null)
            {
                await Console.Error.WriteLineAsync($"pentode: {problem} For a store that no daemon has, give --store.").ConfigureAwait(false);
                return null;
            }

            try
            {
                answer = JsonSerializer.Deserialize(line, NamesJson.Default.NamesAnswer);
            }
            catch (JsonException)
            {
                answer = null;
            }
        }

        if (answer is { Error: null })
            return answer;
        await Console.Error.WriteLineAsync($"pentode: {answer?.Error ?? "the daemon sent something else than an answer"}").ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _store?.DisposeAsync() ?? ValueTask.CompletedTask;
}
