import { addMembers, MembersInput } from "#server/groups/add-members.ts";
import { ApplyCsvInput, applyMembersCsv } from "#server/groups/apply-csv.ts";
import { AskInput, askGroup } from "#server/groups/ask.ts";
import { CreateGroupInput, createGroup } from "#server/groups/create.ts";
import { DecideInput, decideRequest } from "#server/groups/decide.ts";
import { deleteGroup } from "#server/groups/delete.ts";
import { previewDeletion } from "#server/groups/deletion-preview.ts";
import { DescribeGroupInput, describeGroup } from "#server/groups/describe.ts";
import { exportMembersCsv } from "#server/groups/export-csv.ts";
import { getGroup } from "#server/groups/get.ts";
import { ListGroupsInput, listDeletedGroups, listGroups } from "#server/groups/list.ts";
import { ListMembersInput, listMembers } from "#server/groups/members.ts";
import { myGroups } from "#server/groups/mine.ts";
import { GroupInput } from "#server/groups/name.ts";
import { PreviewCsvInput, previewMembersCsv } from "#server/groups/preview-csv.ts";
import { groupProfiles } from "#server/groups/profiles.ts";
import { removeMembers } from "#server/groups/remove-members.ts";
import { RenameGroupInput, renameGroup } from "#server/groups/rename.ts";
import { ListRequestsInput, listGroupRequests } from "#server/groups/requests.ts";
import { SetRoleInput, setRole } from "#server/groups/set-role.ts";
import { SetSharedVolumeInput, setSharedVolume } from "#server/groups/set-shared-volume.ts";
import { UndoDeleteInput, undoDelete } from "#server/groups/undo-delete.ts";
import { router, userProcedure } from "../trpc.ts";

const onGroup = userProcedure.input(GroupInput);
const onMembers = userProcedure.input(MembersInput);

export const groupsRouter = router({
  mine: userProcedure.query(({ ctx }) => myGroups(ctx.verb)),
  list: userProcedure.input(ListGroupsInput).query(({ ctx, input }) => listGroups(ctx.verb, input)),
  deleted: userProcedure.input(ListGroupsInput).query(({ ctx, input }) => listDeletedGroups(ctx.verb, input)),
  get: onGroup.query(({ ctx, input }) => getGroup(ctx.verb, input)),
  members: userProcedure.input(ListMembersInput).query(({ ctx, input }) => listMembers(ctx.verb, input)),
  profiles: onGroup.query(({ ctx, input }) => groupProfiles(ctx.verb, input)),
  create: userProcedure.input(CreateGroupInput).mutation(({ ctx, input }) => createGroup(ctx.verb, input)),
  describe: userProcedure.input(DescribeGroupInput).mutation(({ ctx, input }) => describeGroup(ctx.verb, input)),
  rename: userProcedure.input(RenameGroupInput).mutation(({ ctx, input }) => renameGroup(ctx.verb, input)),
  deletionPreview: onGroup.query(({ ctx, input }) => previewDeletion(ctx.verb, input)),
  delete: onGroup.mutation(({ ctx, input }) => deleteGroup(ctx.verb, input)),
  undoDelete: userProcedure.input(UndoDeleteInput).mutation(({ ctx, input }) => undoDelete(ctx.verb, input)),
  addMembers: onMembers.mutation(({ ctx, input }) => addMembers(ctx.verb, input)),
  removeMembers: onMembers.mutation(({ ctx, input }) => removeMembers(ctx.verb, input)),
  setRole: userProcedure.input(SetRoleInput).mutation(({ ctx, input }) => setRole(ctx.verb, input)),
  setSharedVolume: userProcedure
    .input(SetSharedVolumeInput)
    .mutation(({ ctx, input }) => setSharedVolume(ctx.verb, input)),
  exportCsv: onGroup.query(({ ctx, input }) => exportMembersCsv(ctx.verb, input)),
  // A mutation only because a file is too long for an address.
  previewCsv: userProcedure.input(PreviewCsvInput).mutation(({ ctx, input }) => previewMembersCsv(ctx.verb, input)),
  applyCsv: userProcedure.input(ApplyCsvInput).mutation(({ ctx, input }) => applyMembersCsv(ctx.verb, input)),
  ask: userProcedure.input(AskInput).mutation(({ ctx, input }) => askGroup(ctx.verb, input)),
  requests: userProcedure.input(ListRequestsInput).query(({ ctx, input }) => listGroupRequests(ctx.verb, input)),
  decide: userProcedure.input(DecideInput).mutation(({ ctx, input }) => decideRequest(ctx.verb, input)),
});
