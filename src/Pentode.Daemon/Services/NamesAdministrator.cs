using System.Text;
using Pentode.Core;
using Pentode.Names.Catalog;
using Pentode.Names.Stores;
using Pentode.Names.Tree;

namespace Pentode.Daemon.Services;

/// <summary>Does what administrators ask of a namespace.</summary>
public sealed class NamesAdministrator(CatalogStore store)
{
    private const int PageRows = 1000;
    private const uint NewTagMode = 0x1A4;

    /// <summary>Does it; errors are in the answer.</summary>
    public async Task<NamesAnswer> Do(NamesRequest request) => request.Verb switch
    {
        "ls" => await List(request).ConfigureAwait(false),
        "id" or "path" => await Describe(request).ConfigureAwait(false),
        "io" => await Io(request).ConfigureAwait(false),
        "tag" => await Tag(request).ConfigureAwait(false),
        "level" => await Level(request).ConfigureAwait(false),
        "trash" => await Trash(request).ConfigureAwait(false),
        "restore" => await Restore(request).ConfigureAwait(false),
        "purge" => await Purge(request).ConfigureAwait(false),
        "quota" => await Quota(request).ConfigureAwait(false),
        "check" => await Check(request).ConfigureAwait(false),
        "export" => await Export(request).ConfigureAwait(false),
        "events" => await Events(request).ConfigureAwait(false),
        var other => new NamesAnswer { Error = $"unknown request '{other}'" },
    };

    private static NamesAnswer Failed(string what, Errno error) => new() { Error = $"{what}: {ErrnoText.Describe(error)}" };

    private static NamesAnswer One(NamesRow row) => new() { Rows = [row] };

    /// <summary>By path, or without a leading slash by id.</summary>
    private async ValueTask<Result<CatalogInode>> Find(string text)
    {
        if (text.StartsWith('/'))
            return await NamesLayout.Resolve(store, text).ConfigureAwait(false);
        return CatalogPid.TryParse(Encoding.UTF8.GetBytes(text), out var pid) ? await store.Find(pid).ConfigureAwait(false) : Errno.EINVAL;
    }

    private async Task<NamesAnswer> List(NamesRequest request)
    {
        var found = await Find(request.Path).ConfigureAwait(false);
        if (!found.IsOk)
            return Failed(request.Path, found.Error);
        if (!found.Value.IsDirectory)
            return One(NamesRows.Of(found.Value, request.Path, request.Path[(request.Path.LastIndexOf('/') + 1)..]));
        var page = await store.List(found.Value.Number, request.After, PageRows).ConfigureAwait(false);
        if (!page.IsOk)
            return Failed(request.Path, page.Error);
        var entries = page.Value.Entries;
        return new NamesAnswer
        {
            Rows = [.. entries.Select(e => NamesRows.Of(e.Inode, null, Encoding.UTF8.GetString(e.Name)))],
            Next = page.Value.IsLast || entries.Count == 0 ? null : entries[^1].Cookie,
        };
    }

    private async Task<NamesAnswer> Describe(NamesRequest request)
    {
        var found = await Find(request.Path).ConfigureAwait(false);
        if (!found.IsOk)
            return Failed(request.Path, found.Error);
        var path = await store.PathOf(found.Value.Number).ConfigureAwait(false);
        return path.IsOk ? One(NamesRows.Of(found.Value, Encoding.UTF8.GetString(path.Value), null)) : Failed(request.Path, path.Error);
    }

    private async Task<NamesAnswer> Io(NamesRequest request)
    {
        var found = await Find(request.Path).ConfigureAwait(false);
        if (!found.IsOk)
            return Failed(request.Path, found.Error);
        if (!found.Value.IsRegular)
            return new NamesAnswer { Error = $"{request.Path}: only a regular file can be enabled for I/O" };
        if (request.Set is { } isEnabled)
            found = await store.SetIo(CatalogRequest.Daemon, found.Value.Number, isEnabled).ConfigureAwait(false);
        return found.IsOk ? One(NamesRows.Of(found.Value, request.Path, null)) : Failed(request.Path, found.Error);
    }

    private async Task<NamesAnswer> Tag(NamesRequest request)
    {
        var found = await Find(request.Path).ConfigureAwait(false);
        if (found is { IsOk: true, Value.IsDirectory: false })
            found = Errno.ENOTDIR;
        if (!found.IsOk)
            return Failed(request.Path, found.Error);
        var directory = found.Value.Number;
        if (request.Name is not { } text)
        {
            var tags = await store.ListTags(directory).ConfigureAwait(false);
            return tags.IsOk ? new NamesAnswer { Rows = [.. tags.Value.Select(Row)] } : Failed(request.Path, tags.Error);
        }

        var what = $"tag '{text}' of {request.Path}";
        var name = Encoding.UTF8.GetBytes(text);
        if (name.Length is 0 or > CatalogLimits.TagName || text.Contains('/', StringComparison.Ordinal))
            return new NamesAnswer { Error = $"{what}: the name of a tag has 1 to {CatalogLimits.TagName} bytes and no slash" };
        if (request.Remove)
        {
            var removed = await store.RemoveTag(CatalogRequest.Daemon, directory, name).ConfigureAwait(false);
            return removed == Errno.None ? new NamesAnswer() : Failed(what, removed);
        }

        if (request.Content is null)
        {
            var tag = await store.GetTag(directory, name).ConfigureAwait(false);
            return tag.IsOk ? One(Row(tag.Value)) : Failed(what, tag.Error);
        }

        var content = Convert.FromBase64String(request.Content);
        var written = await store.WriteTag(CatalogRequest.Daemon, directory, name, -1, content).ConfigureAwait(false);
        if (written.Error == Errno.ENOENT)
        {
            written = await store.CreateTag(CatalogRequest.Daemon, directory, name, NewTagMode).ConfigureAwait(false);
            if (written.IsOk)
                written = await store.WriteTag(CatalogRequest.Daemon, directory, name, -1, content).ConfigureAwait(false);
        }

        return written.IsOk ? One(Row(written.Value)) : Failed(what, written.Error);

        static NamesRow Row(CatalogTag tag) => new()
        {
            Name = Encoding.UTF8.GetString(tag.Name),
            Type = !tag.IsValid ? "invalid" : tag.IsInherited ? "inherited" : tag.IsPrimary ? "primary" : "pseudo-primary",
            Mode = tag.Mode,
            Uid = tag.Uid,
            Gid = tag.Gid,
            SizeBytes = tag.Value.Length,
            Time = NamesRows.Time(tag.ModifyTime),
            Content = Convert.ToBase64String(tag.Value),
        };
    }

    private async Task<NamesAnswer> Level(NamesRequest request)
    {
        var found = await Find(request.Path).ConfigureAwait(false);
        if (found is { IsOk: true, Value.IsRegular: false })
            found = found.Value.IsDirectory ? Errno.EISDIR : Errno.EINVAL;
        if (!found.IsOk)
            return Failed(request.Path, found.Error);
        var file = found.Value.Number;
        if (request.Name is null)
        {
            var levels = await store.ListLevels(file).ConfigureAwait(false);
            return levels.IsOk ? new NamesAnswer { Rows = [.. levels.Value.Select(l => Row(l, null))] } : Failed(request.Path, levels.Error);
        }

        if (request.Name is not [>= '1' and <= '7'])
            return new NamesAnswer { Error = $"level '{request.Name}': levels are 1 to {CatalogLimits.Level}" };
        var level = request.Name[0] - '0';
        var what = $"level {request.Name} of {request.Path}";
        if (request.Remove)
        {
            var removed = await store.RemoveLevel(CatalogRequest.Daemon, file, level).ConfigureAwait(false);
            return removed == Errno.None ? new NamesAnswer() : Failed(what, removed);
        }

        var known = await store.GetLevel(file, level).ConfigureAwait(false);
        if (request.Content is { } base64)
        {
            if (known.Error == Errno.ENOENT)
                known = await store.CreateLevel(CatalogRequest.Daemon, file, level, NewTagMode).ConfigureAwait(false);
            var content = Convert.FromBase64String(base64);
            if (known.IsOk && known.Value.Size > 0)
                known = await store.SetLevelAttributes(CatalogRequest.Daemon, file, level, new Pentode.Files.AttributeChange { Size = 0 }, isOpen: false).ConfigureAwait(false);
            if (known.IsOk && content.Length > 0)
            {
                var written = await store.Write(CatalogRequest.Daemon, file, level, 0, content).ConfigureAwait(false);
                known = written.IsOk ? await store.GetLevel(file, level).ConfigureAwait(false) : written.Error;
            }

            return known.IsOk ? One(Row(known.Value, null)) : Failed(what, known.Error);
        }

        if (!known.IsOk)
            return Failed(what, known.Error);
        var bytes = new byte[known.Value.Size];
        var read = await store.Read(file, level, 0, bytes).ConfigureAwait(false);
        return read.IsOk ? One(Row(known.Value, bytes[..read.Value])) : Failed(what, read.Error);

        static NamesRow Row(CatalogLevel level, byte[]? content) => new()
        {
            Level = level.Level,
            Mode = level.Mode,
            Uid = level.Uid,
            Gid = level.Gid,
            SizeBytes = level.Size,
            Time = NamesRows.Time(level.ModifyTime),
            Content = content is null ? null : Convert.ToBase64String(content),
        };
    }

    private async Task<NamesAnswer> Trash(NamesRequest request)
    {
        var items = await store.ListTrash(request.After, PageRows).ConfigureAwait(false);
        if (!items.IsOk)
            return Failed("the trash", items.Error);
        var rows = new List<NamesRow>();
        foreach (var item in items.Value)
        {
            var parent = await store.PathOf(item.Parent).ConfigureAwait(false);
            rows.Add(NamesRows.Of(item.Inode, $"{(parent.IsOk ? Encoding.UTF8.GetString(parent.Value).TrimEnd('/') : "?")}/{Encoding.UTF8.GetString(item.Name)}", null) with
            {
                Sequence = item.Sequence,
                Time = NamesRows.Time(item.RemovedTime),
            });
        }

        return new NamesAnswer { Rows = rows, Next = rows.Count == PageRows ? items.Value[^1].Sequence : null };
    }

    private async Task<NamesAnswer> Restore(NamesRequest request)
    {
        var what = $"item {request.After} of the trash";
        long? parent = null;
        var name = ReadOnlyMemory<byte>.Empty;
        if (request.Name is { } path)
        {
            var cut = path.LastIndexOf('/');
            if (cut < 0)
                return new NamesAnswer { Error = $"'{path}' is not an absolute path" };
            var directory = await NamesLayout.Resolve(store, path[..cut]).ConfigureAwait(false);
            if (!directory.IsOk)
                return Failed(path[..cut], directory.Error);
            parent = directory.Value.Number;
            name = Encoding.UTF8.GetBytes(path[(cut + 1)..]);
        }

        var restored = await store.Restore(CatalogRequest.Daemon, request.After, parent, name).ConfigureAwait(false);
        return restored.IsOk ? await Describe(new NamesRequest { Path = restored.Value.Pid.ToString() }).ConfigureAwait(false) : Failed(what, restored.Error);
    }

    private async Task<NamesAnswer> Purge(NamesRequest request)
    {
        var purged = await store.Purge(CatalogRequest.Daemon, request.After).ConfigureAwait(false);
        return purged.IsOk ? One(new NamesRow { Files = purged.Value }) : Failed(request.After == 0 ? "the trash" : $"item {request.After} of the trash", purged.Error);
    }

    private async Task<NamesAnswer> Quota(NamesRequest request)
    {
        if (request.Path.Length > 0)
        {
            var found = await Find(request.Path).ConfigureAwait(false);
            if (!found.IsOk)
                return Failed(request.Path, found.Error);
            if (request.Remove || request.MaxFiles is not null || request.MaxBytes is not null)
            {
                var error = await store.SetQuota(
                    CatalogRequest.Daemon, found.Value.Number, request.Remove ? null : request.MaxFiles ?? 0, request.Remove ? null : request.MaxBytes ?? 0).ConfigureAwait(false);
                if (error != Errno.None || request.Remove)
                    return error == Errno.None ? new NamesAnswer() : Failed(request.Path, error);
            }

            var quota = await store.GetQuota(found.Value.Number).ConfigureAwait(false);
            return quota.IsOk ? One(Row(quota.Value, request.Path)) : Failed($"quota of {request.Path}", quota.Error);
        }

        var all = await store.ListQuotas().ConfigureAwait(false);
        if (!all.IsOk)
            return Failed("quotas", all.Error);
        var rows = new List<NamesRow>();
        foreach (var quota in all.Value)
        {
            var path = await store.PathOf(quota.Directory).ConfigureAwait(false);
            rows.Add(Row(quota, path.IsOk ? Encoding.UTF8.GetString(path.Value) : "?"));
        }

        return new NamesAnswer { Rows = rows };

        static NamesRow Row(CatalogQuota quota, string path) =>
            new() { Path = path, Files = quota.Files, MaxFiles = quota.MaximumFiles, SizeBytes = quota.Bytes, MaxBytes = quota.MaximumBytes };
    }

    private async Task<NamesAnswer> Check(NamesRequest request)
    {
        var report = await store.Check(request.Set == true, progress: null, CancellationToken.None).ConfigureAwait(false);
        if (!report.IsOk)
            return Failed(store.Info.Location, report.Error);
        return new NamesAnswer
        {
            Rows =
            [
                new NamesRow { Type = "checked", Files = report.Value.Objects, Links = report.Value.Entries },
                .. report.Value.Problems.Select(p => new NamesRow { Type = p.Kind.ToString(), Sequence = p.Number, Detail = p.Text, State = p.IsRepaired ? "repaired" : "open" }),
            ],
        };
    }

    private async Task<NamesAnswer> Export(NamesRequest request)
    {
        try
        {
            var file = new FileStream(request.Path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            await using (file.ConfigureAwait(false))
            {
                var lines = await store.Export(file, progress: null, CancellationToken.None).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
                return lines.IsOk ? One(new NamesRow { Path = request.Path, Files = lines.Value }) : Failed(request.Path, lines.Error);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new NamesAnswer { Error = $"cannot write {request.Path}: {e.Message}" };
        }
    }

    private async Task<NamesAnswer> Events(NamesRequest request)
    {
        // Before the beginning stands for the end: only what is yet to happen.
        if (request.After < 0)
        {
            var statistics = await store.GetStatistics().ConfigureAwait(false);
            return statistics.IsOk ? new NamesAnswer { Next = statistics.Value.LastEvent } : Failed("events", statistics.Error);
        }

        var events = await store.ListEvents(request.After, PageRows).ConfigureAwait(false);
        if (!events.IsOk)
            return Failed("events", events.Error);
        return new NamesAnswer
        {
            Rows =
            [
                .. events.Value.Select(e => new NamesRow
                {
                    Sequence = e.Sequence,
                    Time = NamesRows.Time(e.Time),
                    Type = e.Kind.ToString().ToLowerInvariant(),
                    Id = e.Pid.ToString(),
                    Parent = e.Parent == e.Pid ? null : e.Parent.ToString(),
                    Name = e.Name.Length == 0 ? null : Encoding.UTF8.GetString(e.Name),
                    Uid = e.Uid,
                    Detail = e.Info.Length == 0 ? null : Encoding.UTF8.GetString(e.Info),
                }),
            ],
            Next = events.Value.Count == 0 ? request.After : events.Value[^1].Sequence,
        };
    }
}
