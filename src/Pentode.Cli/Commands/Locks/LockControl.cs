using System.Text.Json;
using Pentode.Daemon.Admin;
using Pentode.Daemon.Services;

namespace Pentode.Cli.Commands.Locks;

/// <summary>Asks the running daemon about locks.</summary>
internal static class LockControl
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>The answer, or null after the reason was written.</summary>
    public static async Task<JsonDocument?> AskAsync(string socket, LocksRequest request)
    {
        var (line, problem) = await ControlClient.AskAsync(socket, new ControlRequest("locks", Locks: request), s_patience).ConfigureAwait(false);
        JsonDocument? answer = null;
        if (line is not null)
        {
            try
            {
                answer = JsonDocument.Parse(line);
                if (!answer.RootElement.TryGetProperty("error", out var error))
                    return answer;
                problem = error.GetString() ?? "";
            }
            catch (JsonException e)
            {
                problem = $"{socket} sent something else than an answer: {e.Message}";
            }
        }

        answer?.Dispose();
        await Console.Error.WriteLineAsync($"pentode: {problem}").ConfigureAwait(false);
        return null;
    }
}
