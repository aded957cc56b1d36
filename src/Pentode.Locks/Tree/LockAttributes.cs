using System.Globalization;
using System.Text;
using Pentode.Core;
using Pentode.Files;
using Pentode.Locks.Manager;
using Pentode.Locks.Record;

namespace Pentode.Locks.Tree;

/// <summary>What a lock file tells in extended attributes: the state of the lock on this node, as text. They are never set.</summary>
internal static class LockAttributes
{
    private const string Prefix = "user.lock.";

    private static readonly string[] s_words = ["token", "mode", "holders", "waiters", "blocking", "lvb_state", "session", "valid_ms"];

    /// <summary>Their names, each ended by NUL.</summary>
    public static byte[] Names { get; } = Encoding.ASCII.GetBytes(string.Concat(s_words.Select(w => Prefix + w + "\0")));

    /// <summary>The value of one; ENODATA when there is no such attribute, or none now: a token only while the lock is used here.</summary>
    public static Result<byte[]> Find(LockDomain domain, LockName name, FileName attribute)
    {
        var word = Encoding.UTF8.GetString(attribute.Bytes.Span);
        if (!word.StartsWith(Prefix, StringComparison.Ordinal))
            return Errno.ENODATA;
        var text = Describe(domain, name, word[Prefix.Length..]);
        return text is null ? Errno.ENODATA : Encoding.UTF8.GetBytes(text);
    }

    private static string? Describe(LockDomain domain, LockName name, string word)
    {
        var manager = domain.Manager;
        switch (word)
        {
            case "session":
                return manager.SessionId?.ToString();
            case "valid_ms":
                return manager.ValidMs.ToString(CultureInfo.InvariantCulture);
        }

        LockHandle[] handles;
        int waiters;
        LockMode level;
        lock (manager.Gate)
        {
            var isKnown = domain.TryGet(name, out var resource);
            handles = isKnown ? [.. resource.Handles] : [];
            waiters = isKnown ? resource.Waiters.Count : 0;
            level = isKnown ? resource.Level : LockMode.Null;
        }

        return word switch
        {
            "token" => handles.Length > 0 ? handles.Max(static h => h.Token).ToString(CultureInfo.InvariantCulture) : null,
            "mode" => Word(level),
            "holders" => handles.Length.ToString(CultureInfo.InvariantCulture),
            "waiters" => waiters.ToString(CultureInfo.InvariantCulture),
            "blocking" => Word(handles.Select(static h => h.Blocking).Append(LockMode.Null).Max()),
            "lvb_state" when handles.Length > 0 && handles[^1].ReadValueState() is { IsOk: true } state => Word(state.Value),
            _ => null,
        };
    }

    private static string Word(LockMode mode) => mode switch { LockMode.Exclusive => "exclusive", LockMode.Shared => "shared", _ => "none" };

    private static string Word(ValueState state) => state switch { ValueState.Valid => "valid", ValueState.Suspect => "suspect", _ => "unset" };
}
