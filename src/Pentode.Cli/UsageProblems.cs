using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Pentode.Daemon.Configuration;
using Pentode.Daemon.Services;

namespace Pentode.Cli;

/// <summary>What is wrong with a command line, in one line each.</summary>
internal static class UsageProblems
{
    /// <summary>Writes one line to standard error and returns the exit code for it.</summary>
    public static async Task<int> RefuseAsync(string message)
    {
        await Console.Error.WriteLineAsync("pentode: " + message).ConfigureAwait(false);
        return ExitCode.Usage;
    }

    /// <summary>Makes an option refuse all but whole numbers of a range.</summary>
    public static void RequireNumber(Option option, int minimum, int maximum) => option.Validators.Add(result =>
    {
        foreach (var token in result.Tokens)
        {
            if (!int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < minimum || number > maximum)
                result.AddError($"{option.Name} must be a whole number from {minimum} to {maximum}, not '{token.Value}'");
        }
    });

    /// <summary>Makes an option refuse all but some words. The library's own check spreads its message over several lines.</summary>
    public static void RequireWord(Option option, params string[] choices) => option.Validators.Add(result =>
    {
        foreach (var token in result.Tokens.Where(t => !choices.Contains(t.Value, StringComparer.Ordinal)))
            result.AddError($"{option.Name} cannot be '{token.Value}': {string.Join(", ", choices)}{NearestName.Hint(token.Value, choices)}");
    });

    /// <summary>Everything wrong with it. Unknown options come first, with what was probably meant: other messages are mostly their consequence.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        var unknown = UnknownOptions(parsed).Distinct(StringComparer.Ordinal).ToArray();
        var command = parsed.CommandResult.Command;
        var path = PathOf(parsed.CommandResult);
        var where = path.Length > 0 ? path + ": " : "";
        if (unknown.Length > 0)
        {
            var names = Options(parsed.CommandResult).SelectMany(o => o.Aliases.Append(o.Name)).ToArray();
            return [.. unknown.Select(u => $"{where}unknown option '{u}'{NearestName.Hint(u, names)}")];
        }

        if (command.Subcommands.Count > 0 && command.Action is null)
        {
            var names = command.Subcommands.Select(c => c.Name).ToArray();
            return parsed.UnmatchedTokens is [var word, ..]
                ? [$"{where}unknown command '{word}'{(NearestName.Hint(word, names) is { Length: > 0 } hint ? hint : $"; known are {string.Join(", ", names)}")}"]
                : [$"{where}a command is missing: {string.Join(", ", names)}"];
        }

        var missing = command.Arguments.Where(a => a.Arity.MinimumNumberOfValues > 0 && !(parsed.GetResult(a)?.Tokens.Count > 0)).Select(a => a.Name).ToArray();
        if (missing.Length > 0)
            return [$"{where}{string.Join(" and ", missing)} {(missing.Length > 1 ? "are" : "is")} missing"];
        if (parsed.UnmatchedTokens.Count > 0)
            return [.. parsed.UnmatchedTokens.Select(t => $"{where}one argument too many: '{t}'")];
        return [.. parsed.Errors.Select(e => e.Message.TrimEnd('.')).DistinctBy(m => m.Split(' ')[0], StringComparer.Ordinal)];
    }

    // A word such as --redonly would otherwise pass as an argument. After "--" every word is one.
    private static IEnumerable<string> UnknownOptions(ParseResult parsed)
    {
        var literal = parsed.Tokens.SkipWhile(t => t.Type != TokenType.DoubleDash).ToHashSet(ReferenceEqualityComparer.Instance);
        var arguments = parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(a => a.Tokens).Where(t => !literal.Contains(t)).Select(t => t.Value);
        return arguments.Concat(parsed.UnmatchedTokens).Where(t => t.Length > 1 && t[0] == '-');
    }

    private static IEnumerable<Option> Options(CommandResult result)
    {
        foreach (var option in result.Command.Options)
            yield return option;
        for (var parent = result.Parent as CommandResult; parent is not null; parent = parent.Parent as CommandResult)
        {
            foreach (var option in parent.Command.Options.Where(o => o.Recursive))
                yield return option;
        }
    }

    private static string PathOf(CommandResult result) =>
        result.Parent is CommandResult parent ? (PathOf(parent) + " " + result.Command.Name).TrimStart() : "";
}
